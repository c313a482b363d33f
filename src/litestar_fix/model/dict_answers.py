"""Handlers that answer with dicts they write out from the attributes of one object.

Source: ``litestar/serialization/msgspec_hooks.py``, Litestar 2.25: a dataclass is encoded field by field in the order
of its fields, a dict key by key, values alike in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.facts import (
    Assign,
    Await,
    Call,
    Const,
    Dict,
    Do,
    Expr,
    Lambda,
    Op,
    Other,
    Ref,
    Return,
    Seq,
    Sub,
)
from litestar_fix.model.layers import Handler
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Located, Symbol
from litestar_fix.model.walk import children, statements

_DICTS = frozenset({"builtins.dict", "typing.Dict"})
_LISTS = frozenset(
    ["builtins.list", "typing.List", "typing.Sequence", "collections.abc.Sequence", "typing.Optional", "typing.Union"]
)
_OPEN = frozenset({"typing.Any", "builtins.object", "builtins.str"})
_CONNECTIONS = frozenset({"request", "socket", "connection", "scope", "state"})
_CLIENTS = ("httpx.", "requests.", "aiohttp.", "niquests.", "urllib3.", "urllib.")
_HEALTH = regex(r"health\w*|ping|heartbeat|liveness|readiness")
_PROBES = frozenset({"live", "livez", "ready", "readyz", "alive", "status", "version"})
_STATUS = regex(
    r"(?:(?:get|show|read|check)_)?(?:(?:server|system|service|app|application|api|build)_)?(?:status|version|info)"
)
_ATTRIBUTES = 3


class Picked(msgspec.Struct, frozen=True):
    """A dict display that takes values from the attributes of one object.

    Args:
        display: the display.
        above: the expressions that it stands in.
        owner: the object, as written.
        attributes: those that are taken, as written.
    """

    display: Dict
    above: tuple[Expr, ...]
    owner: str
    attributes: tuple[str, ...]


class DictAnswer(msgspec.Struct, frozen=True):
    """What a handler answers with.

    Args:
        picked: the first display that picks attributes.
        displays: all displays that are returned, or are elements of a list that is.
        annotations: the dict types in the return annotation, and in those of the variables that hold the answer.
        is_whole: whether nothing else but None is returned.
    """

    picked: Picked
    displays: tuple[Nested, ...]
    annotations: tuple[Expr, ...]
    is_whole: bool


def dict_answer(project: Project, handler: Handler) -> DictAnswer | None:
    """Return how a handler answers with a dict of attributes; None where it does not."""
    function = handler.function
    returns = Located(handler.path, function.parent, function.returns) if function.returns is not None else None
    annotated = dict_type(project, returns)
    if annotated is None or is_about_itself(handler):
        return None
    found = _Returned(project, handler)
    picked = next((item for place in found.displays if (item := _picked(project, handler, place))), None)
    if picked is None:
        return None
    annotations = (annotated, *found.annotations)
    return DictAnswer(picked, tuple(found.displays), annotations, found.is_whole and not function.is_generator)


# -------------------------------------------------------------------------------------------------------- annotations
def dict_type(project: Project, located: Located | None) -> Expr | None:
    """Return the part of an annotation that is a dict of anything, as it is or in a list; None where there is none."""
    if located is None:
        return None
    expr = located.expr
    name = name_of_type(project, located) if isinstance(expr, Ref | Sub) else ""
    if name in _DICTS:
        return expr if _is_open(project, located) else None
    inner: tuple[Expr, ...] = ()
    if isinstance(expr, Sub) and name in _LISTS:
        inner = expr.index.items if isinstance(expr.index, Seq) and expr.index.kind == "tuple" else (expr.index,)
    elif isinstance(expr, Op) and expr.op == "|":
        inner = expr.operands
    given = [item for item in inner if not (isinstance(item, Const) and item.value is None)]
    return dict_type(project, Located(located.path, located.scope, given[0])) if len(given) == 1 else None


def _is_open(project: Project, located: Located) -> bool:
    """Whether the values of a dict may be of several types, as those of a record are."""
    if not isinstance(located.expr, Sub):
        return True
    index = located.expr.index
    value = index.items[-1] if isinstance(index, Seq) and index.items else index
    if isinstance(value, Op) and value.op == "|":
        return True
    name = name_of_type(project, Located(located.path, located.scope, value))
    return name in _OPEN or name == "typing.Union" or (name == "typing.Optional" and isinstance(value, Sub))


# ------------------------------------------------------------------------------------------------------------- quiet
def is_about_itself(handler: Handler) -> bool:
    """Whether a handler tells about the application: whether it lives, and which version of it."""
    paths = [path.lower() for path in handler.paths or ()]
    if any("{" in path for path in paths):
        return False
    name = handler.function.name.lower()
    if any(map(_HEALTH.fullmatch, name.split("_"))) or _STATUS.fullmatch(name):
        return True
    lasts = [path.rstrip("/").rpartition("/")[2].replace("-", "") for path in paths]
    return any(_HEALTH.fullmatch(last) or last in _PROBES for last in (name, *lasts))


# ------------------------------------------------------------------------------------------------------------ displays
class _Returned:
    """The displays that a function returns."""

    def __init__(self, project: Project, handler: Handler) -> None:
        self.project = project
        self.handler = handler
        self.places = list(nested(handler.function.body))
        self.by_span = {place.expr.span: place for place in self.places if isinstance(place.expr, Dict)}
        self.displays: list[Nested] = []
        self.annotations: list[Expr] = []
        self.is_whole = True
        self._held: set[str] = set()
        for place in self.places:
            if isinstance(place.stmt, Return) and not place.above:
                self._returned(place.expr)

    def _returned(self, expr: Expr) -> None:
        match expr:
            case Const(value=None):
                return
            case Ref(name=name) if name in self.handler.function.bound and "." not in name:
                if name not in self._held:
                    self._held.add(name)
                    self._variable(name)
            case _:
                self.is_whole = self._is_taken(expr) and self.is_whole

    def _is_taken(self, expr: Expr) -> bool:
        """Take the displays of an expression, if it is made of nothing else."""
        match expr:
            case Dict():
                self.displays.append(self.by_span[expr.span])
                return True
            case Seq(kind="list", items=items):
                taken = [self._is_taken(item) for item in items if isinstance(item, Dict)]
                return len(taken) == len(items)
            case Op(op="[for]", operands=(Dict() as element, *_)):
                return self._is_taken(element)
        return False

    def _variable(self, name: str) -> None:
        """Take what a variable holds: assigned once, returned, and at most appended to in between."""
        for place in self.places:
            root = place.expr.name.partition(".")[0] if isinstance(place.expr, Ref) else ""
            if root == name and not self._is_plain(place, name):
                self.is_whole = False
        assigned = [place for place in self.places if _is_target(place, name)]
        inner = f"{self.handler.function.qualname}.<locals>."
        module = self.project.modules[self.handler.path]
        is_closed_over = any(item.qualname.startswith(inner) and name in item.names for item in module.functions)
        if len(assigned) != 1 or is_closed_over:
            self.is_whole = False

    def _is_plain(self, place: Nested, name: str) -> bool:
        match place.stmt:
            case Return():
                return not place.above
            case Assign(value=value, op="=", annotation=annotation, targets=(Ref() as target,)) if target is place.expr:
                held = annotation is None or self._annotated(annotation)
                return value is not None and self._is_taken(value) and held
            case Do(value=Call(func=Ref(name=callee) as func, args=(Dict() as display,), keywords=())):
                return func is place.expr and callee == f"{name}.append" and self._is_taken(display)
        return False

    def _annotated(self, annotation: Expr) -> bool:
        found = dict_type(self.project, Located(self.handler.path, self.handler.function.qualname, annotation))
        self.annotations += [found] if found is not None else []
        return found is not None


def _is_target(place: Nested, name: str) -> bool:
    return isinstance(place.stmt, Assign) and any(
        isinstance(target, Ref) and target.name == name and target is place.expr for target in place.stmt.targets
    )


# ---------------------------------------------------------------------------------------------------------- attributes
def _picked(project: Project, handler: Handler, place: Nested) -> Picked | None:
    display = place.expr
    if not isinstance(display, Dict):
        return None
    taken: list[tuple[str, str]] = []
    for value in display.values:
        found = next((item for item in _attributes(value) if _is_object(project, handler, item[0])), None)
        taken += [found] if found is not None else []
    counted = Counter(owner for owner, _ in taken)
    owner, number = counted.most_common(1)[0] if counted else ("", 0)
    if number < _ATTRIBUTES:
        return None
    return Picked(display, place.above, owner, tuple(attribute for name, attribute in taken if name == owner))


def _attributes(value: Expr) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a value is made of: the object, and what is read of it."""
    match value:
        case Ref(name=name) if "." in name:
            yield _split(name)
        case Call(func=Ref(name=name)):
            receiver, _, _ = name.rpartition(".")
            if "." in receiver:
                yield _split(receiver)
            for child in children(value)[1:]:
                yield from _attributes(child)
        case Dict() | Lambda() | Other():
            return
        case Op(op=op) if "for" in op:
            return
        case _:
            for child in children(value):
                yield from _attributes(child)


def _split(name: str) -> tuple[str, str]:
    """``user.id`` as the object and what is read of it; what hangs on ``self`` or a request is an object, too."""
    root, *rest = name.split(".")
    if root in ("self", *_CONNECTIONS) and len(rest) > 1:
        return f"{root}.{rest[0]}", ".".join(rest[1:])
    return root, ".".join(rest)


def _is_object(project: Project, handler: Handler, owner: str) -> bool:
    """Whether something is an object of the domain: no module, no constant, no connection, no answer of a server."""
    root = owner.partition(".")[0]
    if owner in ("self", *_CONNECTIONS):
        return False
    if root != "self" and (root not in handler.function.bound or _is_imported(project, handler, root)):
        return False
    made = {project.callgraph.type_of(handler.symbol, owner), *_makers(project, handler, root)}
    return not any(isinstance(item, External) and item.name.startswith(_CLIENTS) for item in made)


def _is_imported(project: Project, handler: Handler, name: str) -> bool:
    """Whether a handler imports a name itself: what modules hold is the same wherever it is imported."""
    scope, imports = f"{handler.function.qualname}.<locals>", project.modules[handler.path].imports
    return any(item.local == name and item.scope == scope for item in imports)


def _makers(project: Project, handler: Handler, name: str) -> Iterator[Symbol | None]:
    """What is called to make the value of a variable."""
    for stmt in statements(handler.function.body):
        if isinstance(stmt, Assign) and any(isinstance(item, Ref) and item.name == name for item in stmt.targets):
            value = stmt.value.value if isinstance(stmt.value, Await) else stmt.value
            if isinstance(value, Call) and value.callee:
                yield project.callgraph.target(handler.symbol, value.callee)
