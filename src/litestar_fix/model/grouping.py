"""Why functions cannot become the methods of one controller."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from litestar_fix.model.facts import Call, Const, Define, Expr, Function, Ref, Seq, Span, Star
from litestar_fix.model.handlers import Handler
from litestar_fix.model.lookups import BY_TEXT, looked_up
from litestar_fix.model.names import LAYERED_OPTIONS, OUTER_OPTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.resource_groups import Group, Listing
from litestar_fix.model.sites import Mention, mentions_of, roots
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.usages import usages
from litestar_fix.model.walk import expressions, subexpressions

_METHODS = {"as_router", "get_route_handlers", "owner", "path", "validate_route_handlers"}
_CONTROLLER_NAMES = LAYERED_OPTIONS | OUTER_OPTIONS | _METHODS


def obstacle(project: Project, group: Group, found: Listing | None) -> str:
    """Say why the handlers of a group cannot become methods, '' where they can.

    Args:
        project: what they belong to.
        group: the handlers.
        found: the list that registers them, None where there are several.
    """
    return (
        _of_definition(group)
        or _of_names(project, group)
        or _of_order(project, group)
        or _of_list(project, found)
        or _of_routes(project, group)
        or next(_of_users(project, group), "")
    )


def path_literals(handler: Handler) -> tuple[Const, ...]:
    """Return the texts that the paths of a handler are written in; nothing where one is written in another way."""
    call = handler.decorator
    expr = (call.args[0] if call.args else call.keyword("path")) if isinstance(call, Call) else None
    written = expr.items if isinstance(expr, Seq) else (expr,)
    texts = tuple(item for item in written if isinstance(item, Const))
    return texts if len(texts) == len(written) else ()


# -------------------------------------------------------------------------------------------------------- what they are
def _of_definition(group: Group) -> str:
    for handler in group.handlers:
        function = handler.function
        if handler.applied is not None:
            return f"{function.name} is made a handler by a call"
        if function.decorators != (handler.decorator,):
            return f"{function.name} has another decorator, which self would be handed to"
        if not path_literals(handler):
            return f"the path of {function.name} is not written out in its decorator"
    return ""


def _of_names(project: Project, group: Group) -> str:
    """What a name would mean in the class that it does not mean now."""
    read = {name: handler for handler in group.handlers for name in _read_first(handler.function)}
    for handler in group.handlers:
        name = handler.function.name
        if name in _CONTROLLER_NAMES:
            return f"{name} is an attribute that Controller has already"
        if name in read:
            return f"the method {name} would hide what {read[name].function.name} means by {name}"
        names = _names_within(project, handler)
        if "self" in names:
            return f"{name} calls something else self"
        private = next((each for each in sorted(names) if _is_mangled(each)), "")
        if private:
            return f"{name} uses {private}, which is another name in a class"
    return ""


def controller_name(project: Project, group: Group, found: Listing, taken: Collection[tuple[str, str]]) -> str:
    """Return a name for the controller that means nothing else where it is defined and registered, '' for none.

    Args:
        project: what it belongs to.
        group: its handlers.
        found: the list that registers them.
        taken: names that other controllers are going to have, each with the file where it has a meaning then.
    """
    for name in group.names():
        if not any((path, name) in taken or _binds(project, path, name) for path in (group.path, found.path)):
            return name
    return ""


def _binds(project: Project, path: str, name: str) -> bool:
    """Whether a module, or a function in it, gives a meaning to a name."""
    return name in project.table(path) or any(name in function.bound for function in project.modules[path].functions)


def _read_first(function: Function) -> Iterator[str]:
    """The names that are read when a function is defined."""
    for expr in _evaluated(function):
        for part in subexpressions(expr):
            if isinstance(part, Ref):
                yield part.name.partition(".")[0]


def _evaluated(function: Function) -> Iterator[Expr]:
    yield from function.decorators
    for param in function.params:
        yield from (item for item in (param.default, param.annotation) if item is not None)
    if function.returns is not None:
        yield function.returns


def _names_within(project: Project, handler: Handler) -> set[str]:
    """Every name that a function, or one within it, binds or reads, of attributes and keyword arguments, too."""
    start = f"{handler.function.qualname}.<locals>."
    names: set[str] = set()
    for function in project.modules[handler.path].functions:
        if function is not handler.function and not function.qualname.startswith(start):
            continue
        texts = (function.bound_text, function.names_text, function.attributes_text)
        names.update(" ".join(texts).replace(".", " ").split(), (param.name for param in function.params))
        for expr in (*expressions(function.body), *_evaluated(function)):
            if isinstance(expr, Call):
                names.update(keyword.name for keyword in expr.keywords if keyword.name is not None)
    return names | set(_read_first(handler.function))


def _is_mangled(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


# ----------------------------------------------------------------------------------------------------- where they stand
def _of_order(project: Project, group: Group) -> str:
    """What stands between them, and notices that they are defined earlier than now."""
    own = {handler.function.qualname: handler for handler in group.handlers}
    body = project.modules[group.path].body
    at = [index for index, stmt in enumerate(body) if isinstance(stmt, Define) and stmt.qualname in own]
    if len(at) != len(own):
        return "not all of them are defined just once, and in any case"
    between: set[str] = set()
    for stmt in body[at[0] : at[-1] + 1]:
        if not isinstance(stmt, Define):
            return f"between them, line {stmt.span.line} is no function"
        if stmt.qualname in own:
            needed = between.intersection(_read_first(own[stmt.qualname].function))
            if needed:
                return f"{stmt.qualname} needs {min(needed)}, which stands between them"
        elif stmt.is_class or not _is_silent(project, Local(group.path, stmt.qualname)):
            return f"{stmt.qualname} stands between them, and does something when it is defined"
        between.add(stmt.qualname)
    return ""


def _is_silent(project: Project, symbol: Local) -> bool:
    """Whether nothing but a function or a handler is made when it is defined."""
    function = project.function(symbol)
    if function is None or (function.decorators and symbol not in project.layers.handlers):
        return False
    calls = [part for expr in _evaluated(function) for part in subexpressions(expr) if isinstance(part, Call)]
    return all(project.external(symbol.path, call).startswith("litestar.") for call in calls)


# ------------------------------------------------------------------------------------------------------- who uses them
def _of_list(project: Project, found: Listing | None) -> str:
    if found is None or found.first is None:
        return "they are not registered by one list"
    if found.path.endswith("__init__.py") and found.imported:
        return f"{found.path} hands them on"
    layers = [layer for _, layer in (*project.layers.routers, *project.layers.applications)]
    values = [value for layer in layers for value in layer.values("route_handlers")]
    if _holds(values, found.path, found.display.span):
        return ""
    for item in project.modules[found.path].assignments:
        if item.span.contains(found.display.span):
            for mention in mentions_of(project, Local(found.path, item.name)):
                if not _holds(values, mention.path, mention.span) and not _is_unpacked(project, mention):
                    return f"{mention.path} reads {item.name} for something else"
    return ""


def _holds(values: Iterable[Located], path: str, span: Span) -> bool:
    return any(value.path == path and value.expr.span.contains(span) for value in values)


def _is_unpacked(project: Project, mention: Mention) -> bool:
    for scope, _, root in roots(project.modules[mention.path], [mention.name]):
        if scope == mention.scope:
            for expr in subexpressions(root):
                if isinstance(expr, Star) and expr.value.span == mention.span:
                    return True
    return False


def _of_routes(project: Project, group: Group) -> str:
    """What else serves one of their paths: what a controller is made of brings an OPTIONS route of its own there.

    Source: ``Router.register`` and ``HTTPRoute.create_handler_map`` of Litestar 2.25.
    """
    own = {
        (route.layers[0], path)
        for handler in group.handlers
        for route in project.layers.routes_of(handler)
        for path in route.paths or ()
    }
    for route in project.layers.routes:
        if route.handler.is_http and route.handler not in group.handlers:
            shared = [path for path in route.paths or () if (route.layers[0], path) in own]
            if shared:
                return f"{route.handler.function.name} serves {shared[0]}, too, which a controller cannot share"
    return ""


def _of_users(project: Project, group: Group) -> Iterator[str]:
    for path in project.modules:
        if any(project.module_path(path, item.module) == group.path for item in project.table(path).stars):
            yield f"{path} imports all names of {group.path}"
    for handler, place in zip(group.handlers, group.places, strict=True):
        name = handler.function.name
        for path in (group.path, place.path):
            if name in (project.modules[path].exports or ()):
                yield f"{path} exports {name}"
        for path in project.words.readers(name):
            imports = [item for item in project.modules[path].imports if item.name == name]
            if path != place.path and any(_imports(project, path, item.module, handler) for item in imports):
                yield f"{path} imports {name}, too"
        for usage in usages(project, handler.symbol):
            if (usage.path, usage.span) != (place.path, place.expr.span):
                yield f"{usage.path} uses {name}, too"
        yield from _by_text(project, handler)


def _imports(project: Project, path: str, module: str, handler: Handler) -> bool:
    source = project.module_path(path, module, handler.function.name)
    return source is not None and project.resolve(source, handler.function.name) == handler.symbol


def _by_text(project: Project, handler: Handler) -> Iterator[str]:
    """Who finds the function by its name as text, or the route by it where that has no other name."""
    name = handler.function.name
    for path, callee, text in looked_up(project, name):
        if callee in BY_TEXT:
            yield f"{path} finds {name} by its name"
        elif text != name and handler.keyword("name") is None:
            yield f"{path} finds the route of {name} by that name"
