"""Which model a handler returns, as its body tells, and how its annotation can say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.model.dto_places import Named
from litestar_fix.model.dtos import Dto
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Await, Call, Expr, Function, If, Op, Raise, Ref, Return, Seq, Stmt, Sub, Try
from litestar_fix.model.import_names import collection_name, module_name
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import statements, subexpressions

_DEPTH = 4


class Annotation(msgspec.Struct, frozen=True):
    """A return annotation: a model, or a list of it, by the name that lists have.

    ``model`` is as its module names it, or where it is imported.
    """

    model: str | Named
    list_name: str

    @property
    def text(self) -> str:
        """The annotation as it is shown."""
        name = self.model if isinstance(self.model, str) else f"{self.model.name}{self.model.rest}"
        return self.of(name)

    def of(self, name: str) -> str:
        """Return the annotation, with a name for the model."""
        return f"{self.list_name}[{name}]" if self.list_name else name


def returned_annotation(project: Project, handler: Handler, dto: Dto, model: Local) -> Annotation | None:
    """Return the annotation of a handler that returns nothing but instances of a DTO's model; None if it may not."""
    function = handler.function
    if function.is_generator or not _always_leaves(function.body):
        return None
    values = [stmt.value for stmt in statements(function.body) if isinstance(stmt, Return)]
    known = [_is_list(project, handler, dto, value) for value in values]
    if not known or None in known or len(set(known)) > 1 or not _is_replaceable(function):
        return None
    name = _name(project, handler, dto, model)
    list_name = collection_name(project.modules[handler.path], "list") if known[0] else ""
    return Annotation(name, list_name) if name is not None else None


def _always_leaves(body: Sequence[Stmt]) -> bool:
    """Whether a block always returns or raises, as far as its last statement tells."""
    match body[-1] if body else None:
        case Return() | Raise():
            return True
        case If(body=inner, orelse=orelse):
            return _always_leaves(inner) and _always_leaves(orelse)
        case Try(body=inner, handlers=handlers, orelse=orelse):
            return _always_leaves(orelse or inner) and all(_always_leaves(handler.body) for handler in handlers)
    return False


def _is_replaceable(function: Function) -> bool:
    """Whether an annotation has nothing to keep: no response, no metadata, no quotes."""
    returns = function.returns
    if returns is None:
        return False
    inner = [item.span for item in subexpressions(returns) if item is not returns]
    names = [item.name.rpartition(".")[2] for item in subexpressions(returns) if isinstance(item, Ref)]
    return returns.span not in inner and not {"Annotated", "Response"} & set(names)


def _is_list(project: Project, handler: Handler, dto: Dto, value: Expr | None) -> bool | None:
    """True for a list of the model, False for one, None for anything else."""
    located = Located(handler.path, handler.function.qualname, value) if value is not None else None
    if located is None:
        return None
    match _followed(project, located).expr:
        case Seq(kind="list", items=items) if items:
            inner = [Located(located.path, located.scope, item) for item in items]
            return True if all(_is_model(project, dto, item) for item in inner) else None
        case Op(op="[for]", operands=(element, *_)):
            return True if _is_model(project, dto, Located(located.path, located.scope, element)) else None
    return False if _is_model(project, dto, located) else None


def _followed(project: Project, located: Located) -> Located:
    for _ in range(_DEPTH):
        followed = value_of(project, located) if isinstance(located.expr, Ref) else None
        if followed is None:
            return located
        located = followed
    return located


def _is_model(project: Project, dto: Dto, located: Located) -> bool:
    """Whether an expression makes an instance of the model, is a parameter, or what a function says it returns."""
    located = _followed(project, located)
    expr = located.expr.value if isinstance(located.expr, Await) else located.expr
    match expr:
        case Ref(name=name):
            return _is_parameter(project, dto, located, name)
        case Call(func=Ref(name=name)):
            symbol = project.resolve(located.path, name, located.scope)
            if isinstance(symbol, Local) and project.class_(symbol) is not None:
                return dto.is_for(project, symbol)
            target = project.callgraph.target(Local(located.path, located.scope), name)
            function = project.function(target)
            if function is None or not isinstance(target, Local) or function.is_generator or function.decorators:
                return False
            if function.is_async is not isinstance(located.expr, Await) or function.returns is None:
                return False
            return _names(project, dto, Located(target.path, function.parent, function.returns))
    return False


def _is_parameter(project: Project, dto: Dto, located: Located, name: str) -> bool:
    function = project.function(Local(located.path, located.scope))
    for param in function.params if function is not None else ():
        if param.name == name and param.annotation is not None and function is not None:
            is_kept = not any(name in _bound(stmt) for stmt in statements(function.body))
            return is_kept and _names(project, dto, Located(located.path, function.parent, param.annotation))
    return False


def _bound(stmt: object) -> list[str]:
    targets = getattr(stmt, "targets", ())
    return [item.name for item in targets if isinstance(item, Ref)]


def _names(project: Project, dto: Dto, annotation: Located) -> bool:
    symbol = project.resolve_expr(annotation) if isinstance(annotation.expr, Ref) else None
    return isinstance(symbol, Local) and project.class_(symbol) is not None and dto.is_for(project, symbol)


# ---------------------------------------------------------------------------------------------------------------- name
def _name(project: Project, handler: Handler, dto: Dto, model: Local) -> str | Named | None:
    """How an annotation of the handler can name a model at run time."""
    for written in _written(handler, dto):
        if project.resolve(handler.path, written, handler.layer.scope) == model and _is_bound(
            project, handler, written
        ):
            return written
    if model.path == handler.path:
        class_ = project.class_(model)
        is_above = class_ is not None and "." not in model.qualname and class_.span < handler.function.span
        return model.qualname if is_above else None
    module = module_name(project, handler.path, model.path)
    outer, dot, rest = model.qualname.partition(".")
    return Named(module, outer, dot + rest) if module is not None and "<locals>" not in model.qualname else None


def _written(handler: Handler, dto: Dto) -> Iterator[str]:
    yield from handler.function.calls
    for param in handler.function.params:
        if isinstance(param.annotation, Ref):
            yield param.annotation.name
    argument = dto.argument
    if argument is not None and argument.path == handler.path and isinstance(argument.expr, Sub):
        yield from (item.name for item in subexpressions(argument.expr.index) if isinstance(item, Ref))


def _is_bound(project: Project, handler: Handler, written: str) -> bool:
    """Whether an import at the top of the module gives the name at run time."""
    root = written.partition(".")[0]
    found = [item for item in project.modules[handler.path].imports if item.local == root]
    return bool(found) and all(not item.guarded and not item.scope for item in found)
