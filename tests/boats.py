"""Two handlers with a finding each, for projects that tests make."""

from __future__ import annotations

#: The beginning of an ``app.py``.
BOATS = """\
from litestar import Litestar, get
from litestar.exceptions import HTTPException


@get("/boats")
def list_boats() -> list[str]:
    return ["ann"]


@get("/boats/{name:str}")
async def read_boat(name: str) -> str:
    if name != "ann":
        raise HTTPException(status_code=404, detail="no boat")
    return name
"""
