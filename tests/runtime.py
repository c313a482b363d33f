"""Starts an application under real Litestar in a forked process and reads what it resolved there.

A process that has imported litestar is forked for every application: Litestar keeps state per process, and a fork
costs 40 ms where a new interpreter costs a second. What applications import of libraries is imported before.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from litestar_fix.proof import probe

#: What applications of the fixtures import: a third of the time that it takes to start one.
LIBRARIES = (
    "litestar.testing",
    "advanced_alchemy.extensions.litestar",
    "httpx",
    "litestar.middleware._internal.exceptions",
    "litestar.plugins.attrs",
    "litestar.plugins.pydantic",
    "requests",
    "sqlalchemy.ext.asyncio",
)
# how a websocket listener passes its own hooks on, not something that the application declares
_LISTENER_KEYS = {"connection_lifespan_dependencies", "on_accept_dependencies", "on_disconnect_dependencies"}


def resolved(folder: Path, target: str, paths: tuple[str, ...] = ("",)) -> dict[str, Any]:
    """Return what Litestar resolved for an application.

    Args:
        folder: the working directory.
        target: ``module:attribute``; the attribute may be a factory.
        paths: folders below ``folder`` to import from.

    Returns:
        ``error``: the traceback's last line, or None; ``routes``: one row for each method and path.
    """
    return _forked(folder, paths, lambda: _resolved(load(target)))


@lru_cache(maxsize=4)
def started(folder: Path, target: str) -> dict[str, Any]:
    """Start an application once for all that is asked of it: what `resolved` returns, and the probe's ``contract``."""
    return _forked(folder, ("",), lambda: _started(folder, load(target)))


def _started(folder: Path, app: Any) -> dict[str, Any]:
    answer = _resolved(app)
    return {**answer, "contract": probe.contract(app, probe.Describer({str(folder): "<project>"}))}


def failures(folder: Path) -> list[str]:
    """Run the tests of a project with pytest, and return what failed in each."""
    answer: dict[str, Any] = _forked(folder, ("",), lambda: {"error": None, "failures": _tested(folder)})
    return answer["failures"] if answer["error"] is None else [answer["error"]]


class _Failures:
    """A plugin of pytest that keeps what failed."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.found.append(report.longreprtext)


def _tested(folder: Path) -> list[str]:
    import pytest

    kept = _Failures()
    # every plugin that is installed would cost its import
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = ["-p", "anyio.pytest_plugin", "-p", "no:cacheprovider"]
    options = [*plugins, "-c", os.devnull, "--rootdir", str(folder), "-W", "ignore"]
    code = pytest.main([*options, str(folder / "tests")], plugins=[kept])
    return kept.found or ([] if code == pytest.ExitCode.OK else [str(code)])


def _forked(folder: Path, paths: tuple[str, ...], ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    _prepare()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as sink:
                json.dump(_in_child(folder, paths, ask), sink)
        finally:
            os._exit(0)  # whatever happens: the tests must not go on in a copy of this process
    os.close(writing)
    with os.fdopen(reading) as source:
        text = source.read()
    os.waitpid(child, 0)
    answer: dict[str, Any] = json.loads(text) if text else {"error": "the process died", "routes": []}
    return answer


@cache
def _prepare() -> None:
    for name in LIBRARIES:
        with suppress(ImportError):  # of another version
            importlib.import_module(name)


def _environment(folder: Path) -> dict[str, str]:
    """What a golden application is given: ``# environment: NAME=value ...`` of its findings.txt."""
    findings = folder.parents[2] / "before" / folder.parent.name / folder.name / "findings.txt"
    lines = findings.read_text("utf-8").splitlines() if findings.is_file() else []
    given = next((line.partition(":")[2] for line in lines if line.startswith("# environment:")), "")
    return dict(pair.split("=", 1) for pair in given.split())


def _resolved(app: Any) -> dict[str, Any]:
    return {"error": None, "routes": rows(app), "openapi": _openapi(app)}


def _in_child(folder: Path, paths: tuple[str, ...], ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    os.chdir(folder)
    os.environ.update(_environment(folder))
    sys.path[:0] = [str(folder / path) for path in paths]
    warnings.simplefilter("ignore")
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    try:
        return ask()
    except BaseException as error:  # noqa: BLE001 - whatever the application raises is the answer
        return {"error": "".join(traceback.format_exception_only(error)).strip(), "routes": [], "openapi": None}


def load(target: str) -> Any:
    """Import ``module:attribute`` and call it if it is a factory."""
    from litestar import Litestar

    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute or "app")
    return found if isinstance(found, Litestar) else found()


def _openapi(app: Any) -> Any:
    return json.loads(json.dumps(app.openapi_schema.to_schema(), default=str)) if app.openapi_config else None


def rows(app: Any) -> list[dict[str, Any]]:
    """Return one row for each method and path of an application."""
    found = []
    for route in app.routes:
        if hasattr(route, "route_handler_map"):
            for method, entry in route.route_handler_map.items():
                handler = entry[0] if isinstance(entry, tuple) else entry
                found.append(_row(method, route.path, handler))
        else:
            handler = route.route_handler
            found.append(_row("WS" if "WebSocket" in type(route).__name__ else "ASGI", route.path, handler))
    return found


def _row(method: str, path: str, handler: Any) -> dict[str, Any]:
    function = _unwrapped(handler.fn)
    row = {
        "method": method,
        "path": path,
        "handler": _name(function),
        "guards": [_name(_unwrapped(guard)) for guard in handler.resolve_guards()],
        "dependencies": sorted(set(handler.resolve_dependencies()) - _LISTENER_KEYS),
        "dto": None,
        "return_dto": None,
    }
    if hasattr(handler, "resolve_data_dto"):
        row["dto"] = _name(_declared(handler, "dto"))
        row["return_dto"] = _name(_declared(handler, "return_dto", "dto"))
    return row


def _declared(handler: Any, *options: str) -> Any:
    """The closest layer's value of the first option that is set, whether or not it fits the handler's types."""
    from litestar.types import Empty

    for option in options:
        for layer in reversed(handler.ownership_layers):
            value = getattr(layer, option, Empty)
            if value is not Empty:
                return value
    return None


def _unwrapped(value: Any) -> Any:
    while True:
        if type(value).__name__ == "AsyncCallable" and hasattr(value, "func"):
            value = value.func
        elif type(value).__name__ == "ListenerHandler" and hasattr(value, "_fn"):
            value = value._fn
        else:
            break
    from litestar.handlers import WebsocketListener

    owner = getattr(value, "__self__", None)
    return type(owner) if isinstance(owner, WebsocketListener) else getattr(value, "__func__", value)


def _name(value: Any) -> str | None:
    if value is None:
        return None
    if not hasattr(value, "__qualname__"):
        return "?"
    return f"{value.__module__}::{value.__qualname__}"
