"""The type that a field of a new dataclass gets: that of an expression, as the dataclass's module may write it.

Litestar encodes the value, whatever the annotation says; the annotation is for the OpenAPI document and for readers.
Only types that can be encoded, and that Litestar can describe, are written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.dto_places import Anchor, Named
from litestar_fix.model.facts import Call, Const, Expr, Op, Ref, Seq, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import imported_by, module_name
from litestar_fix.model.new_dataclasses import TypeText
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Kind, schema_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.value_types import Type, ValueTypes
from litestar_fix.model.version import python_version

_SCALARS = frozenset({"str", "int", "float", "bool"})
_LIBRARY = frozenset(
    [
        *["uuid.UUID", "decimal.Decimal", "pathlib.Path"],
        *[f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")],
    ]
)
_COLLECTIONS = {
    **{f"builtins.{name}": name for name in ("list", "set", "frozenset", "tuple", "dict")},
    **{f"typing.{name}": Named("typing", name) for name in ("List", "Set", "FrozenSet", "Tuple", "Dict")},
}
_TRANSPARENT = frozenset(
    [
        *[f"{home}.{name}" for home in ("typing", "typing_extensions") for name in ("Annotated", "Final")],
        *["sqlalchemy.orm.Mapped", "dataclasses.InitVar"],
    ]
)
_ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})
_MODELS = frozenset({Kind.DATACLASS, Kind.MSGSPEC, Kind.PYDANTIC})
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in", "not"})
_CONVERTED = {"str": "str", "repr": "str", "int": "int", "len": "int", "float": "float", "bool": "bool"}
_ISO = frozenset({"date", "datetime", "time"})
STR_METHODS = frozenset(
    ["strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "removeprefix", "removesuffix"]
)
#: The first Python that evaluates ``X | None``.
_UNIONS = (3, 10)
_DEPTH = 8
NONE = TypeText(("None",))
#: The types of which a value has one; None where that is not known.
_Members: TypeAlias = "tuple[TypeText, ...] | None"


class FieldTypes:
    """Answers for the expressions of one function.

    Args:
        project: the project.
        caller: the function.
        anchor: what the dataclass will stand above.
    """

    def __init__(self, project: Project, caller: Local, anchor: Anchor) -> None:
        self.project = project
        self.caller = caller
        self.anchor = anchor
        self.values = ValueTypes(project, caller)
        self._is_old = (python_version(project.root) or _UNIONS) < _UNIONS
        self._says_optional = self._is_old or any(
            item.name == "Optional" and not item.guarded and not item.scope
            for item in project.modules[anchor.path].imports
        )

    def of(self, expr: Expr, above: Sequence[Expr] = ()) -> TypeText | None:
        """Return the type of an expression, None where it is not known or cannot be written.

        Args:
            expr: the expression.
            above: the expressions that it stands in.
        """
        return self._one(self._of(expr, tuple(above)))

    def written(self, found: Type | None) -> TypeText | None:
        """Return a type as the module of the dataclass may write it; None where it cannot."""
        return self._one(self._written(found, 0))

    def or_none(self, known: TypeText) -> TypeText:
        """Return a type that allows None, too."""
        is_open = known.text.endswith("| None") or known.text.startswith("Optional[")
        return known if is_open else self._one((known, NONE)) or known

    def _one(self, members: _Members) -> TypeText | None:
        """One type of the alternatives."""
        if members is None:
            return None
        distinct = tuple(dict.fromkeys(members))
        given = tuple(item for item in distinct if item != NONE)
        if self._is_old and len(given) > 1:
            return None
        if self._says_optional and len(given) == 1 and len(distinct) == 2:
            return TypeText((Named("typing", "Optional"), "[", *given[0].parts, "]"))
        return _joined("", [*given, *((NONE,) if NONE in distinct else ())], " | ", "")

    # -------------------------------------------------------------------------------------------------- expressions
    def _of(self, expr: Expr, above: tuple[Expr, ...]) -> _Members:
        match expr:
            case Const(value=value):
                return (NONE,) if value is None else _text(type(value).__name__)
            case Op(op="f"):
                return _text("str")
            case Op(op=op) if op in _COMPARED:
                return _text("bool")
            case Op(op="and" | "or", operands=operands):
                is_bool = all(self._of(item, above) == _text("bool") for item in operands)
                return _text("bool") if is_bool else None
            case Op(op="if", operands=(_, body, orelse)):
                return _together([self._of(body, above), self._of(orelse, above)])
            case Call(func=Ref(name=name)) if name in _CONVERTED and self._is_builtin(name):
                return _text(_CONVERTED[name])
            case Call(func=Ref(name=name)) if self._is_text(name, above):
                return _text("str")
            case Ref(name=name) if name.endswith(".value"):
                member = self._of_member(name.removesuffix(".value"), expr, above)
                return member or self._written(self.values.of(expr, above), 0)
        return self._written(self.values.of(expr, above), 0)

    def _is_builtin(self, name: str) -> bool:
        return self.project.callgraph.is_builtin(self.caller, name)

    def _is_text(self, name: str, above: tuple[Expr, ...]) -> bool:
        """Whether a method call gives a string: ``beer.name.title()``, ``beer.brewed_on.isoformat()``."""
        receiver, _, method = name.rpartition(".")
        found = self.values.of(Ref(receiver, self.anchor.span), above) if receiver else None
        members = self._written(found, 0) if isinstance(found, Located) else None
        known = {item.text for item in members or ()}
        return (method == "isoformat" and bool(known) and known <= _ISO) or (method in STR_METHODS and known == {"str"})

    def _of_member(self, name: str, expr: Ref, above: tuple[Expr, ...]) -> _Members:
        """The type of ``member.value`` of an enumeration."""
        found = self.values.of(Ref(name, expr.span), above)
        symbol = self.project.resolve_expr(found) if isinstance(found, Located) else None
        class_ = self.project.class_(symbol)
        if class_ is None or not isinstance(symbol, Local) or not self._is_enum(symbol):
            return None
        for builtin, kind in (("str", "enum.StrEnum"), ("int", "enum.IntEnum")):
            if self._derives(symbol, builtin, kind):
                return _text(builtin)
        types = {type(item.value.value) if isinstance(item.value, Const) else None for item in class_.attributes}
        only = types.pop() if len(types) == 1 else None
        return _text(only.__name__) if only in (str, int) else None

    def _derives(self, symbol: Local, builtin: str, kind: str) -> bool:
        """Whether an enumeration is ``class Stage(str, Enum)`` or ``class Stage(StrEnum)``."""
        ancestry = self.project.ancestry(symbol)
        bases = {show(base) for _, class_ in ancestry.classes for base in class_.bases}
        return kind in ancestry.externals or builtin in bases

    def _is_enum(self, symbol: Local) -> bool:
        return not _ENUMS.isdisjoint(self.project.ancestry(symbol).externals)

    # -------------------------------------------------------------------------------------------------- annotations
    def _written(self, found: Type | None, depth: int) -> _Members:
        if isinstance(found, Local):
            return self._class(found)
        if found is None or depth > _DEPTH:
            return None
        match found.expr:
            case Const(value=None):
                return (NONE,)
            case Op(op="|", operands=operands):
                return _together([self._at(found, item, depth) for item in operands])
            case Sub():
                return self._subscripted(found, found.expr, depth)
            case Ref():
                return self._named(found, depth)
        return None

    def _at(self, found: Located, expr: Expr, depth: int) -> _Members:
        return self._written(Located(found.path, found.scope, expr), depth + 1)

    def _named(self, found: Located, depth: int) -> _Members:
        symbol = self.project.resolve_expr(found)
        name = name_of_type(self.project, found, symbol)
        if name.removeprefix("builtins.") in _SCALARS:
            return _text(name.removeprefix("builtins."))
        if name in _LIBRARY:
            module, _, last = name.rpartition(".")
            return (TypeText((Named(module, last),)),)
        if not isinstance(symbol, Local):
            return None
        alias = self.project.assignment(symbol)
        if alias is not None and alias.value is not None and self.project.class_(symbol) is None:
            return self._written(Located(symbol.path, "", alias.value), depth + 1)
        return self._class(symbol)

    def _subscripted(self, found: Located, expr: Sub, depth: int) -> _Members:
        name = name_of_type(self.project, found)
        arguments = expr.index.items if isinstance(expr.index, Seq) and expr.index.kind == "tuple" else (expr.index,)
        if name in _TRANSPARENT:
            return self._at(found, arguments[0], depth)
        if name in ("typing.Optional", "typing.Union"):
            none: list[_Members] = [(NONE,)] if name == "typing.Optional" else []
            return _together([*[self._at(found, item, depth) for item in arguments], *none])
        if name == "typing.Literal" and all(isinstance(getattr(item, "value", None), str) for item in arguments):
            texts = [json.dumps(item.value) for item in arguments if isinstance(item, Const)]
            return (TypeText((Named("typing", "Literal"), f"[{', '.join(texts)}]")),)
        if name not in _COLLECTIONS:
            return None
        inner = [
            TypeText(("...",)) if show(item) in ("...", "Ellipsis") else self._one(self._at(found, item, depth))
            for item in arguments
        ]
        known = [item for item in inner if item is not None]
        if len(known) < len(inner):
            return None
        return (_joined("", [TypeText((_COLLECTIONS[name], "[")), _joined("", known, ", ", "]")], "", ""),)

    # ------------------------------------------------------------------------------------------------------ classes
    def _class(self, symbol: Local) -> _Members:
        """A class of the project: one that can be encoded, and named where the dataclass will stand."""
        schema = schema_of(self.project, symbol)
        if not self._is_enum(symbol) and (schema is None or schema.kind not in _MODELS):
            return None
        outer, _, rest = symbol.qualname.partition(".")
        if "<locals>" in symbol.qualname:
            return None
        if symbol.path == self.anchor.path:
            top = self.project.class_(Local(symbol.path, outer))
            return _text(symbol.qualname) if top is not None and top.span < self.anchor.span else None
        module = module_name(self.project, self.anchor.path, symbol.path)
        if module is None or self.anchor.path in imported_by(self.project, symbol.path):
            return None
        return (TypeText((Named(module, outer, f".{rest}" if rest else ""),)),)


def _text(source: str) -> tuple[TypeText]:
    return (TypeText((source,)),)


def _together(several: Sequence[_Members]) -> _Members:
    """The alternatives of all, None where those of one are not known."""
    known = [members for members in several if members is not None]
    return tuple(item for members in known for item in members) if len(known) == len(several) else None


def _joined(before: str, types: Sequence[TypeText], between: str, after: str) -> TypeText:
    """One text of several; neighbouring pieces of source are one piece, so that equal types are equal."""
    pieces: list[str | Named] = [before]
    for index, item in enumerate(types):
        pieces += [*([between] if index else []), *item.parts]
    parts: list[str | Named] = []
    for piece in [*pieces, after]:
        if isinstance(piece, str) and parts and isinstance(parts[-1], str):
            parts[-1] += piece
        elif piece:
            parts.append(piece)
    return TypeText(tuple(parts))
