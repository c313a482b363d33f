"""A module where rules meet at the same handlers."""

from __future__ import annotations

#: The rules that find something to fix in it.
CROWDING = [f"LSF{number}" for number in (101, 103, 104, 202, 204, 205, 209, 302, 308, 309, 404, 407, 502, 603)]
_APP = '''\
"""A quay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx
import requests
from litestar import Controller, Litestar, delete, get
from litestar.di import Provide
from litestar.dto import DataclassDTO, DTOConfig, dto_field
from litestar.exceptions import HTTPException


@dataclass
class Ship:
    name: str
    password: str = ""
    owner_email: Annotated[str, dto_field("private")] = ""


class ShipDTO(DataclassDTO[Ship]):
    config = DTOConfig(exclude={"ownerEmail"}, rename_strategy="camel")


async def provide_client() -> httpx.AsyncClient:
    return httpx.AsyncClient()


@asynccontextmanager
async def provide_gate() -> AsyncIterator[str]:
    yield "open"


def provide_tide() -> str:
    return Path("tide.txt").read_text()


def provide_berths() -> int:
    return 3


class ShipController(Controller):
    path = "/ships"
    tags = ["ships"]
    status_code = 202
    dependencies = {
        "client": Provide(provide_client),
        "gate": Provide(provide_gate),
        "tide": Provide(provide_tide),
        "berths": Provide(provide_berths),
    }

    @get("/", tags=["ships"], opt={"open": True}, return_dto=ShipDTO)
    async def list_ships(self, client: httpx.AsyncClient, gate: str) -> list[Ship]:
        answer = requests.get("https://example.org/ships", timeout=5)
        if answer.status_code == 404:
            raise HTTPException(status_code=404, detail="no ships")
        return [Ship(name=answer.text)]

    @get("/{key}", tags=["ships"], opt={"open": True}, return_dto=ShipDTO)
    def read_ship(self, key: UUID, tide: str, berths: int) -> Ship:
        raise HTTPException(status_code=404, detail=f"{key} is not here")

    @delete("/{ship:uuid}", tags=["ships"], opt={"open": True}, media_typ="text/plain", return_dto=ShipDTO)
    async def remove_ship(self, ship):
        if requests.delete(f"https://example.org/ships/{ship}", timeout=5).status_code != 204:
            raise HTTPException(detail="it stays", status_code=409)


@get("/harbour")
async def read_harbour() -> Ship:
    return Ship(name="harbour")


app = Litestar([ShipController, read_harbour])
'''
CROWDED = {
    "app.py": _APP.encode(),
    "pyproject.toml": b'[project]\nname = "quay"\ndependencies = ["requests", "httpx"]\n',
}
