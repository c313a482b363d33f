"""Where the text of a caught exception goes: into what a handler returns, raises or yields.

Source: ``litestar/exceptions/responses/__init__.py`` (``create_exception_response``), Litestar 2.25: the detail of an
exception with the status 500 is not sent; its ``extra`` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Branches,
    Call,
    Const,
    Dict,
    Do,
    Expr,
    If,
    Op,
    Raise,
    Ref,
    Return,
    Seq,
    Star,
    Stmt,
    Sub,
)
from litestar_fix.model.project import Project
from litestar_fix.model.sent import any_status
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import blocks, subexpressions

_WRITERS = frozenset({"str", "repr", "format", "ascii"})
_PASSING = frozenset({"dict", "list", "tuple", "set", "sorted", "reversed"})
_TRACEBACKS = frozenset(
    f"traceback.{name}" for name in ("format_exc", "format_exception", "format_exception_only", "format_tb")
)
_TELLING = frozenset({"args", "message", "msg", "strerror", "orig"})
_FILLING = frozenset({"append", "add", "extend", "update", "insert", "setdefault", "appendleft"})
_STRINGS = frozenset(
    ["capitalize", "encode", "format", "join", "lower", "lstrip", "replace", "rstrip", "split", "strip", "title"]
)
_JOINING = frozenset({"f", "+", "%", "or", "and", "if", "[for]", "(for)", "{for}", "{:for}", "*"})
_EXCEPTIONS = "litestar.exceptions."
#: What is answered with 500 where nothing else is said.
_INTERNAL = frozenset(
    f"{_EXCEPTIONS}{name}"
    for name in (
        "HTTPException",
        "ImproperlyConfiguredException",
        "InternalServerException",
        "NoRouteMatchFoundException",
    )
)
_HIDDEN = 500


def unnarrowed(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """Yield the statements of a clause that run for every exception and every setting, nested blocks included.

    Left out is what runs for some classes only, ``if isinstance(error, ...)``, and what is for debugging.
    """
    for stmt in body:
        match stmt:
            case If(test=Op(op="not", operands=(test,)), body=inner) if _narrows(test):
                yield from unnarrowed(inner)
                if inner and isinstance(inner[-1], Return | Raise):
                    return
            case If(test=test, orelse=orelse) if _narrows(test):
                yield from unnarrowed(orelse)
            case Branches():
                continue
            case _:
                yield stmt
                for block in blocks(stmt):
                    yield from unnarrowed(block)


def _narrows(test: Expr) -> bool:
    """Whether a test asks of which class an exception is, or whether this is about debugging."""
    for expr in subexpressions(test):
        match expr:
            case Ref(name=name) if "debug" in name.lower():
                return True
            case Call(callee="isinstance" | "issubclass" | "hasattr"):
                return True
    return False


class Texts:
    """The names that hold the text of one caught exception, in one function.

    Args:
        project: the project.
        path, scope: the function.
        variable: the name that the exception is bound to, '' where it is not.
    """

    def __init__(self, project: Project, path: str, scope: str, variable: str) -> None:
        self.project = project
        self.path = path
        self.scope = scope
        self.variable = variable
        self.names: set[str] = set()

    def follow(self, body: Iterable[Stmt]) -> None:
        """Note which names get the text in some statements, in order."""
        for stmt in unnarrowed(body):
            match stmt:
                case Assign(targets=targets, value=value) if value is not None and self.within(value) is not None:
                    self.names.update(filter(None, map(_root, targets)))
                case Do(value=Call(func=Ref(name=name), args=args, keywords=keywords)):
                    receiver, _, method = name.rpartition(".")
                    given = [*args, *[item.value for item in keywords]]
                    if method in _FILLING and receiver and any(self.within(item) is not None for item in given):
                        self.names.add(receiver.partition(".")[0])

    def raised(self, exc: Expr | None) -> Expr | None:
        """Return what tells the text in an exception that Litestar sends; None where nothing does."""
        if not isinstance(exc, Call):
            return None
        status = self._status(exc)
        if status is None:
            return None
        if status == _HIDDEN:
            extra = exc.keyword("extra")
            return self.within(extra) if extra is not None else None
        return self._first([*exc.args, *[item.value for item in exc.keywords]], is_written=True)

    def _status(self, call: Call) -> int | None:
        """The status of an exception that is raised; None where it is not known to be Litestar's."""
        symbol = self.project.resolve_expr(Located(self.path, self.scope, call.func))
        given = call.keyword("status_code")
        match symbol:
            case External(name=name) if name.startswith(_EXCEPTIONS):
                is_internal = name in _INTERNAL
            case Local() if self.project.class_(symbol) is not None:
                ancestry = self.project.ancestry(symbol)
                bases = [name for name in ancestry.externals if name.startswith(_EXCEPTIONS)]
                if not bases or self.project.function(self.project.member(symbol, "__init__")) is not None:
                    return None
                declared = next(
                    (found for _, owner in ancestry.classes if (found := owner.attribute("status_code"))), None
                )
                if declared is not None and declared.value is not None:
                    return any_status(self.project, Located(symbol.path, symbol.qualname, declared.value))
                is_internal = bases[0] in _INTERNAL
            case _:
                return None
        if given is not None:
            return any_status(self.project, Located(self.path, self.scope, given))
        return _HIDDEN if is_internal else 0

    def within(self, expr: Expr, *, is_written: bool = False) -> Expr | None:
        """Return the part of a value that tells the text; None where none does.

        Args:
            expr: the value.
            is_written: whether an exception that stands there is written out as text.
        """
        match expr:
            case Ref(name=name):
                return expr if self._is_text(name, is_written=is_written) else None
            case Dict(values=values):
                return self._first(values)
            case Seq(items=items):
                return self._first(items, is_written=is_written)
            case Star(value=value) | Await(value=value):
                return self.within(value)
            case Sub(index=Const(value=str())):
                return None  # what one key of a dict holds is not followed
            case Sub(value=value):
                return self.within(value)
            case Op(op="if", operands=(test, _, _)) if _narrows(test):
                return None
            case Op(op=op, operands=operands):
                if op not in _JOINING and not op.startswith("f!"):
                    return None
                writes = op in ("f", "%") or op.startswith("f!") or (is_written and op in ("or", "and", "if"))
                return self._first(operands, is_written=writes)
            case Call():
                return self._of_call(expr)
        return None

    def _of_call(self, call: Call) -> Expr | None:
        given = [*call.args, *[item.value for item in call.keywords]]
        receiver, _, method = call.callee.rpartition(".")
        symbol = self.project.resolve_expr(Located(self.path, self.scope, call.func))
        match symbol:
            case External(name=name):
                return call if name in _TRACEBACKS else self._first(given)
            case Local():
                # what a class of the project is made of, it has; a function may do anything with a mere text
                is_class = self.project.class_(symbol) is not None
                return self._first(given if is_class else [item for item in given if isinstance(item, Dict)])
        if not receiver and method in _WRITERS:
            return call if self._first(given, is_written=True) is not None else None
        if not receiver and method in _PASSING:
            return self._first(given)
        if isinstance(call.func, Attr) and call.func.attr in _STRINGS:
            return self.within(call.func.value) or self._first(given, is_written=call.func.attr == "format")
        if receiver and method in _STRINGS:
            return call if self._is_text(receiver, is_written=False) else None
        return None

    def _first(self, exprs: Iterable[Expr], *, is_written: bool = False) -> Expr | None:
        return next((found for expr in exprs if (found := self.within(expr, is_written=is_written)) is not None), None)

    def _is_text(self, name: str, *, is_written: bool) -> bool:
        root, _, attribute = name.partition(".")
        if name in self.names:
            return True
        if root != self.variable or not root:
            return False
        return attribute.partition(".")[0] in _TELLING if attribute else is_written


def _root(target: Expr) -> str:
    """The name that an assignment changes: ``result`` for ``result["error"] = ...``."""
    match target:
        case Ref(name=name):
            return name.partition(".")[0]
        case Sub(value=value) | Attr(value=value):
            return _root(value)
    return ""
