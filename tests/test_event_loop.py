"""LSF205, LSF501, LSF503, LSF505: answers stay; only after the fix others are served while one request waits."""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import sqlalchemy.orm

from tests.answering import answers
from tests.goldens import AFTER, BEFORE
from tests.runtime import load

#: Longer than any request takes that nobody holds up.
LONG = 1.0
OTHERS = (
    (builtins, "open"),
    (hashlib, "scrypt"),
    (json, "loads"),
    (pathlib.Path, "read_bytes"),
    (pathlib.Path, "read_text"),
    (pathlib.Path, "write_text"),
    (socket, "gethostbyname"),
    (subprocess, "run"),
    (sqlalchemy.orm.Session, "scalar"),
    (time, "sleep"),
)


class Gate:
    """Holds up whoever passes first: until it is opened, or for long."""

    def __init__(self) -> None:
        self.is_taken = False
        self.waits = False
        self._opened = threading.Event()

    def open(self) -> None:
        """Let go whoever waits."""
        self._opened.set()

    def before(self, function: Callable[..., Any], folder: Path) -> Callable[..., Any]:
        """Return a function that passes the gate first, if a file of the folder called it, or a thread."""

        def passing(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            is_ours = frame.f_code.co_filename.startswith(str(folder))
            if not self.is_taken and (is_ours or threading.current_thread() is not threading.main_thread()):
                self.is_taken = self.waits = True
                self._opened.wait(LONG)
                self.waits = False
            return function(*args, **kwargs)

        return passing

    async def sleep(self, delay: float) -> None:
        """Stand for ``anyio.sleep``: the same gate, for coroutines."""
        self.is_taken = self.waits = True
        while not self._opened.is_set():  # noqa: ASYNC110 (an event of threads)
            await asyncio.sleep(0 * delay)
        self.waits = False


def others_are_served(folder: Path, slow: str, quick: str, target: str = "app:app") -> bool:
    """Tell whether an application answers one request while another is held up in a call that takes long."""
    import litestar.testing  # noqa: F401

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as sink:
                json.dump(_served(folder, slow, quick, target), sink)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        text = source.read()
    os.waitpid(child, 0)
    assert text, "the process died"
    status, is_served = json.loads(text)
    assert status < 400
    return bool(is_served)


def _served(folder: Path, slow: str, quick: str, target: str) -> tuple[int, bool]:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    warnings.simplefilter("ignore")
    logging.disable()
    gate = Gate()
    for owner, name in OTHERS:
        setattr(owner, name, gate.before(getattr(owner, name), folder))
    anyio.sleep = gate.sleep
    return asyncio.run(_together(load(target), gate, slow, quick))


async def _together(app: Any, gate: Gate, slow: str, quick: str) -> tuple[int, bool]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        method, _, path = slow.partition(" ")
        first = asyncio.create_task(client.request(method, path))
        while not (gate.is_taken or first.done()):  # noqa: ASYNC110 (a thread takes it)
            await asyncio.sleep(0)
        answer = await client.get(quick)
        is_served = gate.waits and answer.status_code == 200
        gate.open()
        return (await first).status_code, is_served


@pytest.mark.parametrize(
    ("case", "slow", "quick"),
    [
        ("blocking_call_in_async/example", "GET /log", "/sky"),
        ("blocking_call_in_async/example", "GET /plates/vega", "/sky"),
        ("blocking_call_in_async/example", "POST /dome", "/sky"),
        ("blocking_call_in_async/files_are_opened_with_anyio", "GET /notes", "/garden"),
        ("blocking_call_in_async/files_are_opened_with_anyio", "GET /imports", "/garden"),
        ("blocking_call_in_async/objects_that_nobody_else_has", "GET /model", "/schema/openapi.json"),
        ("blocking_call_in_async/before_litestar_had_sync_to_thread", "GET /lines/3", "/schema/openapi.json"),
        ("blocking_dependency/example", "GET /dishes", "/schema/openapi.json"),
        ("blocking_dependency/example", "POST /receipts", "/schema/openapi.json"),
        ("cpu_bound_in_async/example", "GET /keepers/bee", "/bees"),
        ("cpu_bound_in_async/each_call_in_its_turn", "GET /vaults/gold", "/schema/openapi.json"),
    ],
)
def test_others_are_served_after_the_fix_and_not_before(case: str, slow: str, quick: str) -> None:
    assert not others_are_served(BEFORE / case, slow, quick)
    assert others_are_served(AFTER / case, slow, quick)


@pytest.mark.parametrize(("slow", "is_served"), [("GET /kegs", False), ("GET /weight", False), ("GET /cellar", True)])
def test_others_wait_for_the_database_of_a_coroutine_function(slow: str, is_served: bool) -> None:
    assert others_are_served(BEFORE / "sync_database_call" / "example", slow, "/door") is is_served


@pytest.mark.parametrize(
    ("case", "requests"),
    [
        ("blocking_call_in_async/example", ("GET /log", "GET /plates/vega", "GET /plates/lost", "POST /dome")),
        ("blocking_call_in_async/files_are_opened_with_anyio", ("GET /notes", "GET /seeds?kind=oat")),
        ("blocking_call_in_async/files_are_opened_with_anyio", ("GET /seeds", "PUT /seeds")),
        ("blocking_call_in_async/objects_that_nobody_else_has", ("GET /drawing", "GET /model", "GET /log/none")),
        ("blocking_call_in_async/before_litestar_had_sync_to_thread", ("GET /lines/3", "GET /lines/x", "GET /copy")),
        ("blocking_call_in_async/settings_add_a_call", ("GET /mix",)),
        ("cpu_bound_in_async/example", ("GET /keepers/bee", "GET /keepers/lost", "POST /reports", "POST /swarms")),
        ("cpu_bound_in_async/each_call_in_its_turn", ("GET /vaults/gold", "GET /vaults")),
        ("cpu_bound_in_async/real_code_shapes", ("GET /deeds/one", "POST /deeds/raw")),
        ("blocking_call_in_async/everywhere_that_requests_run", ("GET /ships", "GET /none")),
    ],
)
def test_answers_and_errors_stay_what_they_were(case: str, requests: tuple[str, ...]) -> None:
    before, after = (answers(folder / case, *requests) for folder in (BEFORE, AFTER))

    assert [(status, _without_line_numbers(body)) for status, body in before] == [
        (status, _without_line_numbers(body)) for status, body in after
    ]


def _without_line_numbers(body: str) -> str:
    """The answer, without what the two versions of a file say of themselves."""
    return body.replace("import anyio", "")


def test_services_of_other_modules_answer_the_same() -> None:
    case = "blocking_call_in_async/through_services_of_other_modules"
    asked = ("GET /ferries/iona", "GET /ferries/mull/tide", "GET /ferries/iona/load", "GET /ferries/mull/weather")

    before, after = (answers(folder / case, *asked, target="ferry.app:app") for folder in (BEFORE, AFTER))

    assert before == after
    assert [status for status, _ in before] == [200] * len(asked)
