"""LSF502 sync-http-client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.http_clients.calls import Caller, callers
from litestar_fix.http_clients.table import ADVICE, HTTPX
from litestar_fix.model.facts import Span
from litestar_fix.model.project import Project

if TYPE_CHECKING:
    from litestar_fix.http_clients.functions import Judged, Translation
    from litestar_fix.manifest.edits import ManifestEdit
    from litestar_fix.manifest.needs import Changes, Manifests


class Exchange(msgspec.Struct, frozen=True):
    """What changes in a function, and in the manifests of its project."""

    translation: Translation
    manifests: tuple[ManifestEdit, ...]


class SyncHttpClient(practice.PracticeRule):
    """A coroutine calls a server through requests or urlopen, and the event loop waits with it.

    ## Why
    While `requests.get` waits for an answer, no other request of the worker is served. httpx, which Litestar depends on
    anyway, has the same calls for coroutines.

    ## When it is quiet
    The call is made in a thread: from a sync function, or in a function, lambda or partial that is handed to one. The
    code does not run in the server: tests, scripts, commands, what only `asyncio.run` starts. Another module, variable
    or parameter is called `requests`. A sync function that a coroutine calls is reported once, as LSF501; the setting
    `rewrite-sync-requests` makes this rule report and rewrite sync functions as well, with `httpx.Client`.

    ## Fix safety
    Unsafe: another library speaks to the server. Adjacent calls share one client, outside their loop. What requests
    does by default stays: no time limit (`timeout=None`), redirects are followed (`follow_redirects=True`). Arguments,
    the attributes of answers and the classes in `except` clauses are translated; the manifest gains httpx, and loses
    requests with its last import. All calls of a function go over together. The fix is refused where the answer or the
    session is handed on, where httpx lacks an attribute or reads an argument differently (None and bools in `params=`,
    a query in the URL beside `params=`, raw bodies of unknown type), and where other code catches the exceptions.
    `stream=`, `proxies=`, `cert=`, adapters of a Session and `urlopen` have no fix.

    What differs afterwards: adjacent calls share the cookies that they are sent. JSON is sent without spaces and
    escapes; a file without a content type gets that of its name. Text without a charset is read as UTF-8, the names of
    headers come in lower case. `httpx.TransportError`, for `requests.ConnectionError`, includes timeouts; an invalid
    URL is an `httpx.InvalidURL`, which is no `httpx.HTTPError`; no error of httpx is a ValueError.

    ## Source
    https://www.python-httpx.org/compatibility/, and both libraries run against one server.
    """

    code = "LSF502"
    name = "sync-http-client"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 13
    guide = "5, 9; checklist: Synchronous HTTP libraries (requests/urllib instead of httpx)"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            import httpx

            async def fetch_tide(harbour: str) -> float:
                async with httpx.AsyncClient() as client:
                    response = await client.get(f"https://tides.example/{harbour}")
                return float(response.text)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            import requests

            async def fetch_tide(harbour: str) -> float:
                response = requests.get(f"https://tides.example/{harbour}")
                return float(response.text)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls; those of one function are fixed together."""
        found = list(cls._judged(project, list(callers(project))))
        if not found:
            return
        from litestar_fix.http_clients.leftovers import nothing_is_left
        from litestar_fix.manifest.needs import Manifests

        translations = [judged.translation for _, judged in found if judged.translation is not None]
        gone = ("requests",) if nothing_is_left(project, translations) else ()
        manifests = Manifests(project.root)
        for caller, judged in found:
            yield cls._finding(caller, judged, manifests, gone)

    @classmethod
    def _judged(cls, project: Project, candidates: Sequence[Caller]) -> Iterator[tuple[Caller, Judged]]:
        if not candidates:
            return  # as in most projects, which need not wait for the modules that judge
        from litestar_fix.http_clients.elsewhere import Elsewhere
        from litestar_fix.http_clients.functions import judge

        elsewhere = Elsewhere(project)
        for caller in candidates:

            def is_kept(span: Span, path: str = caller.module.path) -> bool:
                return practice.is_suppressed(cls, project, path, span)

            for judged in judge(project, caller, elsewhere, is_kept):
                yield caller, judged

    @classmethod
    def _finding(cls, caller: Caller, judged: Judged, manifests: Manifests, gone: Sequence[str]) -> practice.Finding:
        call, refused = judged.call.call, judged.refused
        message = _message(caller, judged)
        if judged.translation is None:
            report = refused is not None and not refused.reason
            return cls.finding(
                caller.module,
                call.span,
                message,
                applicability=practice.Applicability.NONE if report else None,
                refusal=refused.reason if refused is not None else "",
            )
        from litestar_fix.manifest.edits import ManifestEdit

        changes = manifests.changes(caller.module.path, add={"httpx": HTTPX}, remove=gone, beside=("requests",))
        return cls.finding(
            caller.module,
            call.span,
            message + _commands(changes),
            data=Exchange(
                judged.translation,
                tuple(ManifestEdit(path, {"httpx": HTTPX}, frozenset(gone)) for path in changes.paths),
            ),
            bundle=f"{caller.module.path}:{caller.function.span.line}",
        )


def _message(caller: Caller, judged: Judged) -> str:
    """What is wrong and what to do, without the manifests."""
    advice = judged.refused.advice if judged.refused is not None else ""
    cause = next((cause for cause, text in ADVICE.items() if text == advice), "")
    what = f"{judged.call.name} with {cause}" if cause else judged.call.name
    other = advice or "httpx.AsyncClient"
    if caller.function.is_async:
        return f"{what} blocks the event loop in {caller.name}; await {other} instead"
    other = other.replace("AsyncClient", "Client")
    return f"{what} is called in {caller.name}, and rewrite-sync-requests is set; call {other} instead"


def _commands(changes: Changes) -> str:
    return f", then run {' and '.join(f'`{command}`' for command in changes.commands)}" if changes.commands else ""
