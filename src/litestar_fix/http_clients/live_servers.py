"""Tests that speak to a real server on purpose, or to none at all: what they say about that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from litestar_fix.model.evaluate import strings
from litestar_fix.model.facts import Call, Const, Function, Module, Ref
from litestar_fix.model.import_names import imported_by
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import expressions, subexpressions

#: Libraries that start a server or a container, or are one.
_STARTS = frozenset(
    [
        "daphne", "docker", "granian", "gunicorn", "hypercorn", "multiprocessing", "pexpect", "pytest_docker",
        "pytest_httpserver", "python_on_whales", "socketserver", "subprocess", "testcontainers", "uvicorn", "werkzeug",
        "wsgiref", "xprocess", "http.server", "aiohttp.web",
    ]
)  # fmt: skip
#: Libraries that answer in the place of a server.
_ANSWERS = frozenset(
    [
        "aioresponses", "betamax", "httpretty", "pook", "pytest_httpx", "pytest_recording", "requests_mock",
        "responses", "respx", "vcr",
    ]
)  # fmt: skip
_STARTERS = frozenset({"run_app", "subprocess_async_client", "subprocess_sync_client", "create_subprocess_exec"})
_FIXTURES = frozenset(
    [
        "aioresponses", "docker_compose", "docker_ip", "docker_services", "httpserver", "httpx_mock", "live_server",
        "requests_mock", "respx_mock", "vcr", "xprocess",
    ]
)  # fmt: skip
#: What is caught by who waits until a server is there, or goes without it.
_UNREACHABLE = frozenset(
    ["ClientConnectionError", "ClientConnectorError", "ConnectError", "ConnectTimeout", "ConnectionError",
     "RequestError", "TransportError"]
)  # fmt: skip
_SUITES = frozenset({"acceptance", "e2e", "end2end", "live", "load", "performance", "smoke", "stress"})
#: Those of them that say as much in the name of a file.
_NAMED = frozenset({"e2e", "end2end", "smoke"})
_LIBRARIES = frozenset({"aiohttp", "httpx", "requests"})
#: Fixtures that patch whatever they are told to.
_PATCHING = frozenset({"mocker", "monkeypatch"})
_PATCHES = regex(r"(?:unittest\.)?(?:mock\.|mocker\.)?patch(?:\.\w+)?")
_MARK = regex(r"pytest\.mark\.(\w+)")


def is_deliberate(project: Project, module: Module, function: Function) -> bool:
    """Whether a test means to speak to a server that runs, or has its requests answered by something else.

    Args:
        project: what it belongs to.
        module: a module of tests.
        function: a function of it that sends requests.
    """
    around = [project.modules[path] for path in _around(project, module.path)]
    return (
        _is_suite(module.path)
        or any(_speaks(other) for other in around)
        or any(_is_replaced(*other) for other in ((module, function), *_fixtures(around, function)))
        or _is_marked(module)
        or _has_compose(project.root, module.path)
    )


def _around(project: Project, path: str) -> Iterator[str]:
    """The module, the modules of tests that it imports, and the conftest files that pytest loads for it."""
    *folders, _ = path.split("/")
    confs = ["/".join([*folders[:end], "conftest.py"]) for end in range(len(folders) + 1)]
    start = [path, *[conf for conf in confs if conf in project.modules]]
    plugins = [plugin for conf in start for plugin in _plugins(project, conf)]
    found = dict.fromkeys(item for each in (*start, *plugins) for item in sorted(imported_by(project, each)))
    return (item for item in found if item in start or item in plugins or project.role(item) is Role.TEST)


def _plugins(project: Project, path: str) -> Iterator[str]:
    for item in project.modules[path].assignments:
        if item.name == "pytest_plugins" and item.value is not None:
            for name in strings(project, Located(path, "", item.value)) or ():
                found = project.module_path(path, name) if name else None
                if found is not None:
                    yield found


def _is_suite(path: str) -> bool:
    folders, _, name = path.replace("end_to_end", "e2e").rpartition("/")
    words = {*re.split(r"[/_.]", folders), *_NAMED.intersection(re.split(r"[_.]", name))}
    return not _SUITES.isdisjoint(words)


def _speaks(module: Module) -> bool:
    """Whether a module starts servers, answers for them, or expects that they may be away."""
    for item in module.imports:
        dotted = f"{item.module}.{item.name}" if item.name else item.module
        names = {dotted.partition(".")[0], item.module, dotted}
        if not names.isdisjoint(_STARTS | _ANSWERS) or item.name in _STARTERS:
            return True
    texts = [module.names_text, *[function.names_text for function in module.functions]]
    return any(name.rpartition(".")[2] in _UNREACHABLE | _STARTERS for text in texts for name in text.split())


def _fixtures(around: list[Module], function: Function) -> Iterator[tuple[Module, Function]]:
    """The fixtures of a function, and those that hold for every test."""
    wanted = {param.name for param in function.params}
    for module in around:
        for other in module.functions:
            if other.name in wanted or _is_autouse(other):
                yield module, other


def _is_autouse(function: Function) -> bool:
    return any(isinstance(item, Call) and item.keyword("autouse") is not None for item in function.decorators)


def _is_replaced(module: Module, function: Function) -> bool:
    """Whether a function asks for a running server, or for something that patches an HTTP library."""
    params = {param.name for param in function.params}
    if not params.isdisjoint(_FIXTURES):
        return True
    written = [*expressions(function.body), *[item for root in function.decorators for item in subexpressions(root)]]
    names = [item.name for item in written if isinstance(item, Ref)]
    if params.isdisjoint(_PATCHING) and not any(_PATCHES.fullmatch(name) for name in names):
        return False
    libraries = {item.local for item in module.imports if item.module.partition(".")[0] in _LIBRARIES}
    texts = [str(item.value) for item in written if isinstance(item, Const)]
    return not libraries.isdisjoint(name.partition(".")[0] for name in names) or any(
        not _LIBRARIES.isdisjoint(text.split(".")) for text in texts
    )


def _is_marked(module: Module) -> bool:
    return any(name in _SUITES for name in _MARK.findall(module.names_text))


def _has_compose(root: Path, path: str) -> bool:
    """Whether a compose file lies beside the tests, or one of the project runs them."""
    folder = (root / path).parent
    while folder not in (root, folder.parent):
        if any(_compose_files(folder)):
            return True
        folder = folder.parent
    return any(_runs_tests(file) for file in _compose_files(root))


def _compose_files(folder: Path) -> Iterator[Path]:
    for pattern in ("compose*.y*ml", "docker-compose*.y*ml"):
        yield from folder.glob(pattern)


def _runs_tests(file: Path) -> bool:
    if not {"test", "tests", "ci", *_SUITES}.isdisjoint(re.split(r"[-_.]", file.name)):
        return True
    try:
        return "pytest" in file.read_text("utf-8", "replace")
    except OSError:
        return False
