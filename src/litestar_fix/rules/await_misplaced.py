"""LSF806 await-misplaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.facts import Attr, Await, Call, Expr, Function, Module, Sub
from litestar_fix.model.libraries import library_name
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions

_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
_EXECUTE = "execute"
# Source: sqlalchemy.engine.Result, SQLAlchemy 2.0.
_RESULT_METHODS = frozenset(
    [
        "all",
        "fetchall",
        "first",
        "mappings",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "scalars",
        "unique",
    ]
)


class AwaitMisplaced(practice.PracticeRule):
    """A method of the result is called on the coroutine of AsyncSession.execute(), before that is awaited.

    ## Why

    `await` binds weaker than a call: `await session.execute(query).scalars()` asks the coroutine for `scalars`, and
    every request that comes there fails with `AttributeError: 'coroutine' object has no attribute 'scalars'`.

    ## When it is quiet

    The result is awaited first; `session.scalars()` and its like; sessions that are not known to be an `AsyncSession`,
    by an annotation or by the factory that makes them.

    ## Fix safety

    Safe, since the code could never work: the call of `execute` is awaited in parentheses, nothing else changes.

    ## Source

    `AsyncSession.execute` in SQLAlchemy 2.0 is a coroutine function.
    """

    code = "LSF806"
    name = "await-misplaced"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    guide = "8: eager loading and queries; the guide's own line raises"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession

            async def count_hives(session: AsyncSession) -> int:
                return (await session.execute(text("SELECT 1"))).scalar_one()
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession

            async def count_hives(session: AsyncSession) -> int:
                return await session.execute(text("SELECT 1")).scalar_one()
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the awaits of what a result would be asked for."""
        for path in project.words.readers(_EXECUTE):
            module = project.modules[path]
            for function in module.functions:
                if function.is_async and _may_ask(function):
                    yield from cls._in_function(project, module, function)

    @classmethod
    def _in_function(cls, project: Project, module: Module, function: Function) -> Iterator[practice.Finding]:
        caller = Local(module.path, function.qualname)
        for expr in expressions(function.body):
            asked = _asked(expr.value) if isinstance(expr, Await) else None
            if asked is None or not _is_session(project, caller, asked[1]):
                continue
            method, execute = asked[0], asked[1].callee
            who = function.readable_name
            yield cls.finding(
                module,
                expr.span,
                f"{who} calls {method}() on the coroutine that {execute}() returns, "
                f"and raises AttributeError; write (await {execute}(...)).{method}()",
                data=expr.span,
            )


def _may_ask(function: Function) -> bool:
    if _RESULT_METHODS.isdisjoint(function.attributes_text.split()):
        return False
    return any(name.endswith(f".{_EXECUTE}") for name in function.calls)


def _asked(awaited: Expr) -> tuple[str, Call] | None:
    """The method of the result that is called first, and the call of ``execute`` that is not awaited before."""
    outer: Expr = awaited
    while True:
        match outer:
            case Call(func=Attr(value=Call() as inner, attr=attr)) if _receiver(inner):
                return (attr, inner) if attr in _RESULT_METHODS else None
            case Call(func=Attr(value=inner)) | Attr(value=inner) | Sub(value=inner):
                outer = inner
            case _:
                return None


def _receiver(call: Call) -> str:
    receiver, _, method = call.callee.rpartition(".")
    return receiver if method == _EXECUTE else ""


def _is_session(project: Project, caller: Local, executed: Call) -> bool:
    match project.callgraph.type_of(caller, _receiver(executed)):
        case External(name=name):
            return library_name(name) == _SESSION
        case Local() as class_:
            return _SESSION in map(library_name, project.ancestry(class_).externals)
    return False
