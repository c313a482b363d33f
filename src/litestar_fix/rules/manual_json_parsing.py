"""LSF306: Litestar parses the body, and a handler takes it as ``data``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.body_parameter import DATA, WITH_BODY, BodyParameters
from litestar_fix.model.body_reads import BodyRead, body_reads
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role


class ManualJsonParsing(practice.PracticeRule):
    """A handler parses the JSON of its request itself instead of declaring `data`.

    ## Why

    `await request.json()`, `json.loads(await request.body())` and the like answer malformed JSON with 500, and so they
    do with an array where the handler expects an object. What a `data` parameter cannot hold is answered with 400, and
    the answer says why. The OpenAPI document has no request body for such a handler, so neither its documentation nor
    a generated client knows what to send.

    ## When it is quiet

    A handler that needs the body as it was sent, to check a signature: it uses the raw bytes for more than parsing and
    for asking whether there are any, or gives the request to a function of the project that reads them. One that also
    reads the body as a form, as MessagePack or as a stream. Sockets, whose messages are no request body. Handlers in
    tests.

    ## Fix safety

    Unsafe. A parameter `data: dict[str, Any]`, or of the type that the decoder names, replaces what was parsed; it is a
    `JSONBody[...]` where the target's Litestar has that (2.23). Where nothing else uses `request`, or a raw body of its
    own, it goes, and imports with it. What was kept in a variable is called `data` from then on. On purpose, these
    answers change:

    - malformed JSON, an array, a number or `null`: 400 instead of 500 (or of what the handler did with them);
    - an empty body: 400. `request.json()` makes None of it, and a `data` that may be None does not accept it either;
    - `NaN`, UTF-16 and a byte order mark, which `json.loads` accepts: 400;
    - with a named type, values that do not fit: 400. Litestar converts more than msgspec does by itself: the string
      "3" fits an `int`;
    - the body is parsed before dependencies are made and before the handler begins, after guards.

    The fix is refused where that would reach further: several reads, reads within `try`, a branch, a loop, a condition,
    `with` or a nested function; an answer, or a look at the request, that comes before the body is parsed; a
    `Content-Type` that the handler looks at; a body that may be empty; other methods than POST, PUT and PATCH (GET with
    `data` does not start); a handler with `data` already, or another thing of that name; a decoder with options; a DTO
    that would apply to `data`, a dependency that takes it, too, or an exception handler for what decoders raise; and,
    where no type is named, wherever it is not shown that the body is an object: by a key (`body["name"]`), a method
    that only dictionaries have, or `**body`, as the first thing that is done with it or as the only one.

    ## Source

    `litestar/_kwargs/extractors.py` (`json_extractor`), `litestar/routes/http.py` and
    `litestar/connection/request.py`, Litestar 2.25; each of the answers above is the result of a request.
    """

    code = "LSF306"
    name = "manual-json-parsing"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 5
    guide = "checklist: Manual JSON parsing"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from typing import Any
            from litestar import post

            @post("/moorings")
            async def add_mooring(data: dict[str, Any]) -> str:
                return str(data["name"])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Request, post

            @post("/moorings")
            async def add_mooring(request: Request) -> str:
                mooring = await request.json()
                return str(mooring["name"])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each place where a handler parses its body."""
        for reads in body_reads(project):
            handler = reads[0].handler
            if project.role(handler.path) is Role.TEST:
                continue
            answers = BodyParameters(project, reads)
            refusal = answers.obstacle()
            parameter = answers.parameter() if not refusal else None
            for read in reads:
                yield cls.finding(
                    handler.path,
                    read.at.expr.span,
                    _message(read, parameter.type if parameter is not None else ""),
                    refusal=refusal,
                    data=parameter,
                )


def _message(read: BodyRead, type_: str) -> str:
    handler = read.handler
    parses = f"handler {handler.function.name} parses the request body itself with {read.by}"
    if any(param.name == DATA for param in handler.function.params):
        return f"{parses}, although it has {DATA}; use that"
    if handler.methods is None or not WITH_BODY.issuperset(handler.methods):
        return f"{parses}; take a body with POST, PUT or PATCH only, as {DATA}"
    cure = f"declare {DATA}: {type_}" if type_ else f"declare {DATA} with its type"
    return f"{parses}, and the OpenAPI schema does not show it; {cure}"
