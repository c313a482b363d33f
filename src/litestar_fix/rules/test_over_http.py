"""LSF901 test-over-http."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from litestar_fix import practice
from litestar_fix.model.project import Project

if TYPE_CHECKING:
    from litestar_fix.http_clients.local_requests import Client, Exchange, Sent
    from litestar_fix.http_clients.moves import Move

_ROOTS = frozenset({"httpx", "requests", "aiohttp"})


class TestOverHttp(practice.PracticeRule):
    """A test sends its requests over the network, to a server that somebody has to start first.

    ## Why

    The test fails where no server runs, and passes where an old one does: it tests the code that was started, not the
    code that is checked out. Errors of the application do not reach it, and neither coverage nor fixtures reach the
    application. `TestClient` and `AsyncTestClient` of `litestar.testing` call the application in the same process, with
    the methods and the answers of httpx.

    Reported are requests of functions in `test_*.py`, `*_test.py` and `conftest.py` to a literal address on this
    machine, and clients that they make with such a base URL, where a route of the project answers one of the paths.
    The address may be a constant.

    ## When it is quiet

    Clients with `transport=` or `app=` (`ASGITransport`, `MockTransport`); modules that use respx, responses and their
    like, and tests that patch the library. Suites that mean a running server, as the module, its `conftest.py` files
    or the helpers that it imports say: they start one (`uvicorn`, `subprocess`, `run_app`, containers), expect that
    there is none (`except httpx.ConnectError`), ask for `live_server` or `docker_services`, lie in a folder such as
    `e2e` or `smoke` or have that mark, or have a compose file beside them or one that runs pytest. Addresses that come
    from the environment, and paths that no route of the project has: they may belong to another service.

    ## Fix safety

    Unsafe: the test runs in another way, and sees the application with the settings of the test run. `httpx.Client`
    becomes `TestClient`, `httpx.AsyncClient` becomes `AsyncTestClient`; requests made without a client get one, from
    the first to the last of a function. Scheme, host and port are cut off the addresses. The application is the one
    whose routes answer, by its name or through its factory.

    The fix is refused where no application or more than one may answer, where the test looks at redirects (the clients
    of Litestar follow them), where a client has options that those of Litestar lack or also goes elsewhere, for
    sessions of requests and for aiohttp, and where an answer of requests is used in a way that one of httpx is not.

    ## Source

    https://docs.litestar.dev/latest/usage/testing.html; `litestar/testing/client/sync_client.py`, Litestar 2.25.
    """

    __test__ = False  # the name is that of a rule, not that of a test

    code = "LSF901"
    name = "test-over-http"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    cost = 4
    guide = "10: tests making actual HTTP requests instead of using TestClient"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            # tests/test_tides.py, where app.py has a handler for /tides
            from litestar.testing import TestClient

            from app import app

            def test_tides_are_listed() -> None:
                with TestClient(app=app) as client:
                    assert client.get("/tides").json() == [4.2]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            # tests/test_tides.py, where app.py has a handler for /tides
            import httpx

            def test_tides_are_listed() -> None:
                assert httpx.get("http://localhost:8000/tides").json() == [4.2]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the requests, and the clients that send them; those of one function are fixed together."""
        imports = (item.module.partition(".")[0] for module in project.modules.values() for item in module.imports)
        if _ROOTS.isdisjoint(imports):
            return
        from litestar_fix.http_clients.in_process import move
        from litestar_fix.http_clients.local_requests import exchanges

        for exchange in exchanges(project):
            yield from cls._findings(exchange, move(project, cls._without_suppressed(project, exchange)))

    @classmethod
    def _without_suppressed(cls, project: Project, exchange: Exchange) -> Exchange:
        """What may change: a request that a comment lets be goes where it went."""

        def is_kept(item: Sent | Client) -> bool:
            return practice.is_suppressed(cls, project, exchange.caller.module.path, item.call.span)

        return replace(
            exchange,
            sent=tuple(item for item in exchange.sent if not is_kept(item)),
            clients=tuple(item for item in exchange.clients if not is_kept(item)),
            others=(*exchange.others, *filter(is_kept, exchange.sent)),
        )

    @classmethod
    def _findings(cls, exchange: Exchange, moved: Move | str) -> Iterator[practice.Finding]:
        module, function = exchange.caller.module, exchange.caller.function
        name = exchange.caller.name
        places = [(item.call.span, _request(name, item)) for item in exchange.sent]
        places += [(item.call.span, _client(name, item)) for item in exchange.clients]
        for span, message in places:
            yield cls.finding(
                module,
                span,
                message,
                refusal=moved if isinstance(moved, str) else "",
                data=None if isinstance(moved, str) else moved,
                bundle="" if isinstance(moved, str) else f"{module.path}:{function.span.line}",
            )


# Fixit tries a sample as a single file that is no test, and this rule asks for a test beside an application.
TestOverHttp.INVALID = []


def _request(name: str, item: Sent) -> str:
    path = "".join("..." if part is None else part for part in item.address).removeprefix(item.origin) or "/"
    return f"{name} needs a server that runs at {item.origin}; request {path} through a test client of the application"


def _client(name: str, client: Client) -> str:
    origin = "".join("..." if part is None else part for part in client.base)
    tester = "TestClient" if client.library in ("httpx.Client", "requests.Session") else "AsyncTestClient"
    return f"{client.library} in {name} needs a server that runs at {origin}; use {tester} with the application"
