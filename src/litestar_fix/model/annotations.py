"""What an annotation holds: classes and other types, and the containers they stand in.

Containers are told apart as Litestar's DTOs tell them apart, and each has the index by which ``DTOConfig(exclude=...)``
names what stands in it: ``list[X]`` and ``X | None`` hold X under "0", ``dict[str, X]`` under "1".

Source: ``litestar/dto/_backend.py`` (``_get_handler_for_field_definition`` and the ``_create_*_type`` methods), 2.25;
``encode_data`` there assigns to the attribute of a generic class. Pydantic's ``Model[X]`` is a class without an origin.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.facts import Call, Class, Const, Expr, Keyword, Op, Ref, Seq, Sub
from litestar_fix.model.names import CONNECTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import PYDANTIC_MODELS
from litestar_fix.model.symbols import External, Local, Located, Symbol
from litestar_fix.model.walk import shape


class Step(StrEnum):
    """A container on the way to a type."""

    RESPONSE = "response"
    OPTIONAL = "optional"
    UNION = "union"
    COLLECTION = "collection"
    MAPPING = "mapping"
    TUPLE = "tuple"
    WRAPPER = "wrapper"  #: a generic class that holds several, as a page does, or may
    ENVELOPE = "envelope"  #: a generic class of the project that holds one
    FROZEN = "frozen"  #: around one of these two: a DTO fails to write to it
    OPAQUE = "opaque"  #: around one of these two: a generic pydantic model, which a DTO takes for a model of its own
    OTHER = "other"


_SEVERAL = frozenset({Step.COLLECTION, Step.MAPPING, Step.WRAPPER, Step.OTHER})


class Held(msgspec.Struct, frozen=True):
    """A type that an annotation holds.

    Args:
        located: the type as written.
        name: canonical name of a library's type, ``builtins.int`` or ``None`` included; '' where it is another.
        symbol: the class of the project, None for anything else.
        steps: the containers around it, outermost first.
        indexes: the index of each step within a DTO; None where a DTO has none.
    """

    located: Located
    name: str
    symbol: Local | None
    steps: tuple[Step, ...] = ()
    indexes: tuple[str | None, ...] = ()

    @property
    def is_one_of_many(self) -> bool:
        """Whether a container around it holds several of them."""
        return not _SEVERAL.isdisjoint(self.steps)

    def within(self, step: Step, index: str | None) -> Held:
        """Return the type as it is held by one more container."""
        return Held(self.located, self.name, self.symbol, (step, *self.steps), (index, *self.indexes))


_TRANSPARENT = frozenset(
    [
        *[f"{home}.{name}" for home in ("typing", "typing_extensions") for name in ("Annotated", "Final", "Required")],
        *[f"sqlalchemy.orm.{name}" for name in ("Mapped", "WriteOnlyMapped", "DynamicMapped", "Relationship")],
        "sqlalchemy.ext.associationproxy.AssociationProxy",
    ]
)
_COLLECTIONS = frozenset(
    [
        *[f"builtins.{name}" for name in ("list", "set", "frozenset")],
        *[f"typing.{name}" for name in ("List", "Set", "FrozenSet", "Deque")],
        *[f"typing.{name}" for name in ("Sequence", "MutableSequence", "AbstractSet", "MutableSet")],
        *[f"collections.abc.{name}" for name in ("Sequence", "MutableSequence", "Set", "MutableSet")],
        "collections.deque",
    ]
)
_MAPPINGS = frozenset(
    [
        *["builtins.dict", "typing.Dict", "typing.Mapping", "typing.DefaultDict", "typing.OrderedDict"],
        *["collections.abc.Mapping", "collections.abc.MutableMapping", "collections.defaultdict"],
    ]
)
_ITERABLES = frozenset(
    f"{home}.{name}" for home in ("typing", "collections.abc") for name in ("Iterable", "Collection", "ValuesView")
)
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
_PAGES = frozenset({"OffsetPagination", "ClassicPagination", "CursorPagination"})
_BUILTINS = frozenset(
    ["list", "set", "frozenset", "tuple", "dict", "str", "bytes", "int", "float", "bool", "object", "complex"]
)
_DEPTH = 8


def held(project: Project, annotation: Located | None, depth: int = 0) -> Iterator[Held]:
    """Yield the types that an annotation holds, in the order in which they are written; aliases are followed."""
    if annotation is None or depth > _DEPTH:
        return
    match annotation.expr:
        case Const(value=None):
            yield Held(annotation, "None", None)
        case Op(op="|"):
            yield from _union(project, annotation, _alternatives(annotation.expr), depth)
        case Sub(value=value, index=index):
            yield from _subscripted(project, annotation, value, index, depth)
        case Ref():
            yield from _named(project, annotation, depth)


def _alternatives(expr: Expr) -> list[Expr]:
    if isinstance(expr, Op) and expr.op == "|":
        return [item for operand in expr.operands for item in _alternatives(operand)]
    return [expr]


def _union(project: Project, annotation: Located, members: list[Expr], depth: int) -> Iterator[Held]:
    distinct = list({shape(item): item for item in members}.values())
    given = [item for item in distinct if not (isinstance(item, Const) and item.value is None)]
    step = Step.OPTIONAL if len(given) == 1 else Step.UNION
    for index, item in enumerate(distinct):
        for inner in held(project, _at(annotation, item), depth + 1):
            yield inner.within(step, str(index))


def _at(annotation: Located, expr: Expr) -> Located:
    return Located(annotation.path, annotation.scope, expr)


def _named(project: Project, annotation: Located, depth: int) -> Iterator[Held]:
    symbol = _type(project, annotation)
    if isinstance(symbol, Local) and project.class_(symbol) is None:
        alias = project.assignment(symbol)
        if alias is not None and alias.value is not None:
            scope = symbol.qualname.rpartition(".")[0]
            yield from held(project, Located(symbol.path, scope, alias.value), depth + 1)
        return
    if isinstance(symbol, Local):
        yield Held(annotation, "", symbol)
    else:
        yield Held(annotation, name_of_type(project, annotation, symbol), None)


def _type(project: Project, located: Located) -> Symbol | None:
    """What a type's name stands for: never a function, which a method called ``list`` would be to its class."""
    symbol = project.resolve_expr(located)
    return None if isinstance(symbol, Local) and project.function(symbol) is not None else symbol


def name_of_type(project: Project, located: Located, symbol: Symbol | None = None) -> str:
    """Return the canonical name of a library's type or of a builtin, '' for anything else."""
    symbol = symbol or _type(project, located)
    if isinstance(symbol, External):
        return symbol.name
    expr = located.expr.value if isinstance(located.expr, Sub) else located.expr
    return f"builtins.{expr.name}" if symbol is None and isinstance(expr, Ref) and expr.name in _BUILTINS else ""


def _subscripted(project: Project, annotation: Located, value: Expr, index: Expr, depth: int) -> Iterator[Held]:
    arguments = list(index.items) if isinstance(index, Seq) and index.kind == "tuple" else [index]
    symbol = _type(project, annotation)
    name = name_of_type(project, annotation, symbol)
    if isinstance(symbol, Local):
        yield from _named(project, _at(annotation, value), depth)
    last = name.rpartition(".")[2]
    if name in _TRANSPARENT:
        yield from held(project, _at(annotation, arguments[0]), depth + 1)
    elif last in ("Optional", "Union") and name.startswith("typing"):
        none = [Const(None, index.span)] if last == "Optional" else []
        yield from _union(project, annotation, [*arguments, *none], depth)
    elif last == "Literal" or name in CONNECTIONS:
        yield Held(annotation, name, None)
    else:
        outermost = _outermost(project, symbol) if isinstance(symbol, Local) else None
        for step, number, argument in _steps(project, symbol, name, arguments):
            for inner in held(project, _at(annotation, argument), depth + 1):
                within = inner.within(step, number)
                yield within if outermost is None else within.within(outermost, None)


def _steps(
    project: Project, symbol: Symbol | None, name: str, arguments: list[Expr]
) -> Iterator[tuple[Step, str | None, Expr]]:
    """Yield how a generic type holds its arguments; nothing for one that is not known to hold any."""
    if name == "litestar.Response":
        yield Step.RESPONSE, None, arguments[0]
    elif name in _COLLECTIONS:
        yield Step.COLLECTION, "0", arguments[0]
    elif name in _MAPPINGS:
        yield Step.MAPPING, "1", arguments[-1]
    elif name in _ITERABLES:
        yield Step.OTHER, None, arguments[0]
    elif name in _TUPLES:
        is_open = len(arguments) == 2 and getattr(arguments[1], "text", "") in ("...", "Ellipsis")
        for index, argument in enumerate(arguments[:1] if is_open else arguments):
            yield Step.COLLECTION if is_open else Step.TUPLE, str(index), argument
    elif isinstance(symbol, Local) or name.rpartition(".")[2] in _PAGES:
        step = Step.ENVELOPE if isinstance(symbol, Local) and _holds_one(project, symbol) else Step.WRAPPER
        for argument in arguments:
            yield step, None, argument


def _outermost(project: Project, symbol: Local) -> Step | None:
    """What keeps a DTO from what a generic class of the project holds."""
    ancestry = project.ancestry(symbol)
    if not PYDANTIC_MODELS.isdisjoint(ancestry.externals):
        return Step.OPAQUE
    keywords = [item for _, owner in ancestry.classes for item in _keywords(owner)]
    is_frozen = any(item.name == "frozen" and isinstance(item.value, Const) and item.value.value for item in keywords)
    return Step.FROZEN if is_frozen else None


def _keywords(class_: Class) -> Iterator[Keyword]:
    yield from class_.keywords
    for decorator in class_.decorators:
        if isinstance(decorator, Call):
            yield from decorator.keywords


def _holds_one(project: Project, symbol: Local) -> bool:
    """Whether a generic class is just what its parameter says, or an attribute of it is that, or None."""
    for path, owner in project.ancestry(symbol).classes:
        for base in owner.bases:
            root = Located(path, owner.parent, base)
            if isinstance(base, Sub) and name_of_type(project, root).endswith(".RootModel"):
                return _is_parameter(project, _at(root, base.index))
        for item in owner.attributes:
            if item.annotation and _is_parameter(project, Located(path, owner.qualname, item.annotation)):
                return True
    return False


def _is_parameter(project: Project, annotation: Located) -> bool:
    match annotation.expr:
        case Op(op="|"):
            given = [item for item in _alternatives(annotation.expr) if not isinstance(item, Const)]
            return len(given) == 1 and _is_parameter(project, _at(annotation, given[0]))
        case Sub(index=index) if name_of_type(project, annotation) == "typing.Optional":
            return _is_parameter(project, _at(annotation, index))
        case Ref(name=name):
            symbol = project.resolve_expr(annotation)
            if symbol is None:  # written in the brackets of the class
                return not hasattr(builtins, name)
            alias = project.assignment(symbol) if isinstance(symbol, Local) else None
            value = alias.value if alias is not None else None
            return isinstance(value, Call) and value.callee.rpartition(".")[2] == "TypeVar"
    return False
