"""Where a handler parses the body of its request itself.

Source: ``litestar/connection/request.py`` (``json``, ``body``), Litestar 2.25. A handler gets its request under the
name ``request``, whatever the annotation, and the raw body under the name ``body``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from litestar_fix.model.facts import Assign, Attr, Await, Call, Expr, Function, If, Op, Ref
from litestar_fix.model.handlers import Handler
from litestar_fix.model.json_decoding import Decoding, decoding
from litestar_fix.model.mapping_uses import bindings
from litestar_fix.model.occurrences import Occurrence, occurrences
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located

REQUEST, BODY = "request", "body"
#: Other ways to read a body: where a handler uses one of them, the body is not only JSON.
_OTHER_READS = frozenset({"form", "msgpack", "stream"})
_RAW_READS = (".body", ".form", ".stream")


class BodyRead(msgspec.Struct, frozen=True):
    """A place where a handler parses the body.

    Args:
        handler: the handler.
        at: the expression whose value is what was parsed, in its surroundings.
        by: what parses it, as written.
        type: the type that the result is to have; None where none is named.
        options: the other arguments of what parses it: keywords, '' for a positional one.
        raw: the raw body where a variable keeps it for this read; None where none does.
        may_be_empty: whether the handler also asks whether the raw body is empty.
        is_nested: whether it stands in a function within the handler.
    """

    handler: Handler
    at: Occurrence
    by: str
    type: Located | None = None
    options: tuple[str, ...] = ()
    raw: Occurrence | None = None
    may_be_empty: bool = False
    is_nested: bool = False

    @property
    def variable(self) -> str:
        """The variable that the value is kept in, '' where it is used at once."""
        match self.at.stmt:
            case Assign(targets=(Ref(name=name),), value=value, op="=") if value is self.at.expr and "." not in name:
                return name
        return ""


def body_reads(project: Project) -> Iterator[tuple[BodyRead, ...]]:
    """Yield for each handler that parses its body where it does; not for those that need it as it was sent, too."""
    words = {word: frozenset(project.words.readers(word)) for word in ("json", BODY)}
    either = words["json"] | words[BODY]
    wanted = ((REQUEST, "json"), (REQUEST, BODY), (BODY, BODY))
    for handler in project.layers.every_handler():
        names = {param.name for param in handler.function.params} if handler.path in either else ()
        if handler.is_http and any(name in names and handler.path in words[word] for name, word in wanted):
            reads = _Reader(project, handler).reads()
            if reads:
                yield reads


def nested_functions(project: Project, handler: Handler) -> tuple[Function, ...]:
    """Return the functions that are defined within a handler."""
    inner = f"{handler.function.qualname}.<locals>."
    return tuple(item for item in project.modules[handler.path].functions if item.qualname.startswith(inner))


class _Reader:
    """Looks at one handler, and the functions within it."""

    def __init__(self, project: Project, handler: Handler) -> None:
        self.project = project
        self.handler = handler
        functions = (handler.function, *nested_functions(project, handler))
        self.found = [(function, item) for function in functions for item in occurrences(function.body)]
        self.names = {name for function in functions for name in function.names}
        bound = Counter(name.name for _, item in self.found for name in bindings(item))
        self.raws = {name: item for _, item in self.found if (name := _kept(item)) and bound[name] == 1}
        self.has_body = any(param.name == BODY for param in handler.function.params)

    def reads(self) -> tuple[BodyRead, ...]:
        """Return them in the order in which they are written."""
        if any(f"{REQUEST}.{other}" in self.names for other in _OTHER_READS) or self._others_read_it():
            return ()
        reads: list[BodyRead] = []
        decoded: list[Expr] = []
        for function, item in self.found:
            is_nested = function is not self.handler.function
            if _is_call(item.expr, "json"):
                reads.append(BodyRead(self.handler, item, f"{REQUEST}.json()", is_nested=is_nested))
                continue
            if not isinstance(item.expr, Call) or not item.expr.args:
                continue
            raw = self._raw(item.expr.args[0])
            found = decoding(self.project, self.handler.path, function.qualname, item.expr) if raw is not None else None
            if found is not None and raw is not None:
                decoded.append(raw)
                reads.append(replace(self._of(item, found, raw), is_nested=is_nested))
        others = [item for _, item in self.found if self._is_raw(item) and not any(item.expr is raw for raw in decoded)]
        if not all(map(_is_test, others)):
            return ()
        return tuple(replace(read, may_be_empty=read.may_be_empty or bool(others)) for read in reads)

    def _of(self, item: Occurrence, found: Decoding, raw: Expr) -> BodyRead:
        kept = self.raws.get(raw.name.partition(".")[0]) if isinstance(raw, Ref) else None
        has_default = isinstance(found.argument, Op)
        return BodyRead(self.handler, item, found.by, found.type, found.options, kept, has_default)

    # ---------------------------------------------------------------------------------------------------- the raw body
    def _is_raw(self, item: Occurrence) -> bool:
        """Whether the raw body is used: not where it is given a name."""
        match item.expr:
            case Ref(name=name) if self._is_name(name.partition(".")[0]):
                return not (isinstance(item.stmt, Assign) and any(item.expr is target for target in item.stmt.targets))
        return _is_call(item.expr, BODY) and not any(kept is item for kept in self.raws.values())

    def _is_name(self, name: str) -> bool:
        return name in self.raws or (self.has_body and name == BODY)

    def _raw(self, argument: Expr) -> Expr | None:
        """The expression for the raw body in what is decoded: ``raw.decode()``, ``await request.body() or b"{}"``."""
        first = argument.operands[0] if isinstance(argument, Op) and argument.op == "or" else argument
        match _undecoded(first):
            case Ref(name=name) as raw if self._is_name(name.removesuffix(".decode")):
                return raw
            case Await() as raw if _is_call(raw, BODY):
                return raw
        return None

    def _others_read_it(self) -> bool:
        """Whether a function of the project that is given the request reads the raw body, to check a signature."""
        if REQUEST not in self.handler.function.given_text.split():
            return False
        called = [self.project.function(found) for _, found in self.project.callgraph.callees(self.handler.symbol)]
        return any(name.endswith(_RAW_READS) for function in called if function is not None for name in function.names)


def _kept(item: Occurrence) -> str:
    """The variable that keeps the raw body, if the expression is that body; '' where none does."""
    match item.stmt:
        case Assign(targets=(Ref(name=name),), value=value, op="=") if "." not in name:
            return name if _is_call(item.expr, BODY) and _undecoded(value) is item.expr else ""
    return ""


def _undecoded(expr: Expr | None) -> Expr | None:
    """What bytes are decoded: ``raw.decode`` of ``raw.decode()``, ``await ..`` of ``(await ..).decode("utf-8")``."""
    match expr:
        case Call(func=Attr(value=value, attr="decode")):
            return value
        case Call(func=Ref(name=name) as func) if name.endswith(".decode"):
            return func
    return expr


def _is_call(expr: Expr, method: str) -> bool:
    """Whether an expression is ``await request.<method>()``."""
    match expr:
        case Await(value=Call(func=Ref(name=name), args=(), keywords=())):
            return name == f"{REQUEST}.{method}"
    return False


def _is_test(item: Occurrence) -> bool:
    """Whether it is only asked whether an expression is empty."""
    match item.parent:
        case None:
            return isinstance(item.stmt, If) and item.expr is item.stmt.test
        case Op(op="not" | "==" | "!=") | Call(func=Ref(name="len" | "bool")):
            return True
        case Op(op="if", operands=(test, *_)):
            return test is item.expr
    return False
