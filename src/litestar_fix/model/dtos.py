"""DTOs: which model a DTO class is for, and what its configuration says.

A DTO is a class (``class ReadDTO(DataclassDTO[Model])``), a name for a base with its argument, or that very expression.
Its configuration is its own ``config``, that of a base class, or stands beside the model in ``Annotated``.

Source: ``litestar/dto/base_dto.py`` (``__class_getitem__``) and ``litestar/dto/config.py``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from litestar_fix.model.annotations import Step, held
from litestar_fix.model.dto_helpers import made_options
from litestar_fix.model.evaluate import items, string, value_of
from litestar_fix.model.facts import Attribute, Call, Class, Const, Expr, For, Function, Op, Ref, Seq, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Kind
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.transfers import Selection
from litestar_fix.model.walk import own_expressions, statements, subexpressions

KINDS = {
    "DataclassDTO": Kind.DATACLASS,
    "MsgspecDTO": Kind.MSGSPEC,
    "PydanticDTO": Kind.PYDANTIC,
    "SQLAlchemyDTO": Kind.SQLALCHEMY,
}
CONFIGS = ("DTOConfig", "SQLAlchemyDTOConfig")
_HOMES = ("litestar.", "advanced_alchemy.")
#: The options that are read.
_READ = frozenset(["exclude", "include", "max_nested_depth", "partial", "rename_fields", "underscore_fields_private"])
_OVERRIDES = frozenset(
    [
        *["generate_field_definitions", "detect_nested_field", "is_supported_model_type_field", "encode_data"],
        *["data_to_encodable_type", "create_for_field_definition", "get_config_for_model_type", "__init_subclass__"],
    ]
)
#: What a function may do with a set of names and still hand on the same ones.
_HANDS_ON = frozenset({*CONFIGS, "bool", "dict", "frozenset", "len", "set", "union", "update"})
_DEPTH = 6


class Place(StrEnum):
    """Where the configuration of a DTO is written."""

    NOWHERE = "nowhere"
    CLASS = "class"  #: in its own class
    BASE = "base"  #: in the class of a base
    ANNOTATED = "annotated"  #: beside the model
    ELSEWHERE = "elsewhere"  #: behind a name, or a call of a function
    MADE = "made"  #: by a function of the project, from what it is called with: that call is the configuration's


class Config(msgspec.Struct, frozen=True):
    """The configuration of a DTO.

    Args:
        place: where it is written.
        call: the call that makes it; None where there is none, or it is not known.
        home: the DTO class whose body holds it, None for other places.
        selection: the fields that it selects.
        known: False where it may select others.
        made: the options that it gets from a function that makes it, None where no function does.
    """

    place: Place = Place.NOWHERE
    call: Located | None = None
    home: Local | None = None
    selection: Selection = msgspec.field(default_factory=Selection)
    known: bool = True
    made: tuple[tuple[str, Located], ...] | None = None

    def keyword(self, name: str) -> Located | None:
        """Return the value of one of its options as written."""
        if self.made is not None:
            return dict(self.made).get(name)
        value = self.call.expr.keyword(name) if self.call is not None and isinstance(self.call.expr, Call) else None
        return Located(self.call.path, self.call.scope, value) if self.call is not None and value is not None else None


class Dto(msgspec.Struct, frozen=True):
    """A DTO.

    Args:
        symbol: its class, or the name that it is assigned to; None where it is used as it is written.
        kind: of the models that its base class is for.
        argument: the expression ``Base[Model]`` that names the model; None where a type variable is left.
        model: the model's class, None where it is not one of the project.
        config: its configuration.
        known: False where it may do something else than its base class does.
    """

    symbol: Local | None
    kind: Kind
    argument: Located | None
    model: Local | None
    config: Config
    known: bool

    @property
    def name(self) -> str:
        """How its author calls it, '' where it has no name."""
        return self.symbol.qualname.rpartition(".")[2] if self.symbol is not None else ""

    def is_for(self, project: Project, model: Local) -> bool:
        """Whether it applies to a model: its own one or a class that inherits from it."""
        above = [Local(path, class_.qualname) for path, class_ in project.ancestry(model).classes]
        return self.model in above


def dto_of(project: Project, located: Located, depth: int = 0) -> Dto | None:
    """Return the DTO that an expression stands for, None where it is not known to be one."""
    if depth > _DEPTH:
        return None
    symbol = project.resolve_expr(located)
    match located.expr:
        case Sub(index=index):
            base = _generic(project, symbol, depth)
            return _with_argument(project, base, located, index) if base is not None else None
        case Ref() if isinstance(symbol, Local):
            class_ = project.class_(symbol)
            if class_ is not None:
                return _of_class(project, symbol, class_, depth)
            value = value_of(project, located)
            found = dto_of(project, value, depth + 1) if value is not None else None
            return replace(found, symbol=found.symbol or symbol) if found is not None else None
    return None


def dtos(project: Project) -> Iterator[Dto]:
    """Yield every DTO class and named DTO at the top of a module, file by file."""
    for module in project.modules.values():
        named = [Ref(item.qualname, item.span) for item in module.classes if item.bases and "." not in item.qualname]
        named += [Ref(item.name, item.span) for item in module.assignments if isinstance(item.value, Sub)]
        for ref in named:
            found = dto_of(project, Located(module.path, "", ref))
            if found is not None and found.symbol == Local(module.path, ref.name):
                yield found


def _generic(project: Project, symbol: object, depth: int) -> Dto | None:
    """The class that is given an argument: a base class of a library, or one of the project."""
    if isinstance(symbol, External):
        kind = KINDS.get(symbol.name.rpartition(".")[2])
        return Dto(None, kind, None, None, Config(), known=True) if kind and symbol.name.startswith(_HOMES) else None
    class_ = project.class_(symbol) if isinstance(symbol, Local) else None
    found = _of_class(project, symbol, class_, depth + 1) if isinstance(symbol, Local) and class_ is not None else None
    return replace(found, symbol=None) if found is not None else None


def _with_argument(project: Project, base: Dto, located: Located, index: Expr) -> Dto:
    config = base.config
    if config.place is Place.CLASS:
        config = replace(config, place=Place.BASE)
    inner = Located(located.path, located.scope, index)
    match index:
        case Sub(index=Seq(items=(_, *others))) if project.external(located.path, index, located.scope).endswith(
            ".Annotated"
        ):
            for item in others:
                found = _config(project, Located(located.path, located.scope, item))
                config = _placed(project, found, Place.ANNOTATED) if found is not None else config
    models = [item.symbol for item in held(project, inner) if set(item.steps) <= {Step.COLLECTION}]
    model = models[0] if len(models) == 1 else None
    return replace(base, argument=located, model=model, config=config, known=base.known and base.model is None)


def _of_class(project: Project, symbol: Local, class_: Class, depth: int) -> Dto | None:
    if depth > _DEPTH:  # in `class Base(Base)` another Base is meant
        return None
    scope = class_.parent
    found = None
    for base in class_.bases:
        located = Located(symbol.path, scope, base)
        found = dto_of(project, located, depth + 1)
        if found is None and isinstance(base, Ref) and isinstance(above := project.resolve_expr(located), External):
            found = _generic(project, above, depth)
        if found is not None:
            break
    if found is None:
        return None
    config = found.config
    if config.place is Place.CLASS:
        config = replace(config, place=Place.BASE)
    own = class_.attribute("config")
    if own is not None:
        config = _own_config(project, symbol, own)
    methods = {qualname.rpartition(".")[2] for qualname in class_.methods}
    return replace(found, symbol=symbol, config=config, known=found.known and methods.isdisjoint(_OVERRIDES))


def _own_config(project: Project, symbol: Local, attribute: Attribute) -> Config:
    value = Located(symbol.path, symbol.qualname, attribute.value) if attribute.value is not None else None
    found = _config(project, value) if value is not None else None
    if value is None or found is None or attribute.conditional:
        return Config(Place.ELSEWHERE, None, symbol, known=False)
    place = Place.CLASS if found.call == value else Place.ELSEWHERE
    return replace(_placed(project, found, place), home=symbol)


def _placed(project: Project, config: Config, place: Place) -> Config:
    is_written_there = config.place is not Place.MADE and _is_config(project, config.call)
    return replace(config, place=place) if is_written_there else config


def _config(project: Project, located: Located, depth: int = 0) -> Config | None:
    """Read the configuration that an expression stands for, None where it is none or not known."""
    if isinstance(located.expr, Call):
        if _is_config(project, located):
            call = located.expr
            given = {k.name: Located(located.path, located.scope, k.value) for k in call.keywords if k.name}
            selection, known = _selection(project, given)
            return Config(Place.ELSEWHERE, located, None, selection, known and not call.args and not call.has_unpacking)
        made = made_options(project, located, _READ)
        if made is not None and _is_config(project, made[0]):
            selection, known = _selection(project, made[1])
            return Config(Place.MADE, located, None, selection, known, tuple(made[1].items()))
    value = value_of(project, located) if depth < _DEPTH else None
    found = _config(project, value, depth + 1) if value is not None else None
    if (found is None or not found.known) and _gives_config(project, located):
        return Config(Place.ELSEWHERE, located, known=False)
    return found


def _is_config(project: Project, located: Located | None) -> bool:
    name = project.external(located.path, located.expr, located.scope) if located is not None else ""
    return name.rpartition(".")[2] in CONFIGS and name.startswith(_HOMES)


def _gives_config(project: Project, located: Located) -> bool:
    """Whether a call is one of a project's function that hands options on to a configuration, which it returns.

    Which fields they name is plain; what else the configuration holds is not known.
    """
    func = located.expr.func if isinstance(located.expr, Call) else None
    symbol = project.resolve_expr(Located(located.path, located.scope, func)) if func is not None else None
    function = project.function(symbol)
    if function is None or not isinstance(symbol, Local) or function.returns is None:
        return False
    options = _READ & {param.name for param in function.params}
    if not options or not all(_is_handed_on(function, option) for option in options):
        return False
    parts = subexpressions(function.returns)
    return any(_is_config(project, Located(symbol.path, "", part)) for part in parts if isinstance(part, Ref))


def _is_handed_on(function: Function, name: str) -> bool:
    """Whether a function leaves what a parameter holds as it is: nothing goes through it, or takes it elsewhere."""
    for stmt in statements(function.body):
        if isinstance(stmt, For) and _is_name(stmt.iter, name):
            return False
        for expr in (inner for root in own_expressions(stmt) for inner in subexpressions(root)):
            match expr:
                case Call(callee=callee, args=args, keywords=keywords):
                    taken = any(_is_name(value, name) for value in (*args, *[item.value for item in keywords]))
                    if taken and callee.rpartition(".")[2] not in _HANDS_ON:
                        return False
                case Op(op="for" | "async for", operands=operands) if any(_is_name(part, name) for part in operands):
                    return False
    return True


def _is_name(expr: Expr, name: str) -> bool:
    return isinstance(expr, Ref) and expr.name == name


def _selection(project: Project, given: Mapping[str, Located]) -> tuple[Selection, bool]:
    exclude, knows_exclude = _names(project, given.get("exclude"))
    include, knows_include = _names(project, given.get("include"))
    depth = given.get("max_nested_depth")
    private = given.get("underscore_fields_private")
    known = knows_exclude and knows_include
    levels = depth.expr.value if depth is not None and isinstance(depth.expr, Const) else 1
    hidden = private.expr.value if private is not None and isinstance(private.expr, Const) else True
    known = known and isinstance(levels, int) and (depth is None or isinstance(depth.expr, Const))
    selection = Selection(exclude, include, levels if isinstance(levels, int) else 1, bool(hidden))
    return selection, known


def _names(project: Project, located: Located | None) -> tuple[frozenset[str], bool]:
    found = items(project, located)
    names = [_name(project, item) for item in found.items]
    return frozenset(name for name in names if name is not None), found.known and None not in names


def _name(project: Project, item: Located) -> str | None:
    """A field as ``exclude`` names it: its path, or an attribute of the model (``SQLAlchemyDTOConfig`` alone)."""
    text = string(project, item)
    if text is None and isinstance(item.expr, Ref) and "." in item.expr.name:
        return item.expr.name.rpartition(".")[2]
    return text
