"""Services: functions and methods beside the HTTP layer, told by their names, and which of them take a connection.

What answers, guards or shapes HTTP is known by what Litestar calls it for: handlers, providers, hooks, guards,
exception handlers, whatever inherits from a class of Litestar, objects that are called themselves. A service is told by
its name: that of its class, of its module, or of the folder of its module.

Source: ``litestar/connection``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.annotations import Held, Step, held
from litestar_fix.model.facts import (
    Call,
    Const,
    Do,
    Expr,
    Function,
    Module,
    Other,
    Param,
    Plain,
    Raise,
    Ref,
    Return,
    Stmt,
    Sub,
)
from litestar_fix.model.linking import Ancestry
from litestar_fix.model.names import CONNECTIONS
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions, subexpressions

_CLASS = regex(r"(Service|Services|Repository|Repo|UseCase|Interactor|Facade|Gateway|Mailer|Notifier)(Impl|Base)?$")
_MODULE = regex(r"(^|_)(services?|repositor(y|ies)|use_?cases?|interactors?)$")
#: What lies in such a module is of the HTTP layer, in a folder of services, too.
_HTTP_MODULE = regex(
    r"(^|_)(asgi|controllers?|dependenc(y|ies)|deps|errors|exceptions?|guards?|handlers?|hooks|listeners?|middlewares?"
    r"|plugins?|providers?|routers?|routes|views?|webhooks?|websockets?)$"
)
#: Libraries whose classes do not say that a method takes a connection.
_SILENT = tuple(
    f"{name}."
    for name in ("abc", "advanced_alchemy", "collections", "enum", "msgspec", "pydantic", "typing", "typing_extensions")
)
_HTTP_TYPES = regex(r"(asgiref|litestar|starlette)\..*\b(\w*RouteHandler|ASGIApp|Message|Receive|\w*Scope|Send)")
_RESPONSES = regex(r"litestar\.(Response|response\..*)")
_EXCEPTION = regex(r"(Exception|Error|HTTPException)$")
#: What subclasses are to fill in; only where it does nothing by itself.
_HOOK = regex(r"(^|_)hook(_|$)|^(on|before|after|pre|post)_")
_SOCKET = "litestar.WebSocket"
_SOCKET_WORK = regex(r"accept|close|iter_.*|receive|receive_.*|send|send_.*")


class Taken(msgspec.Struct, frozen=True):
    """A parameter by which a service takes a connection.

    Args:
        symbol: the function or method.
        function: its facts.
        param: the parameter.
        type: canonical name of Litestar's class: ``litestar.Request`` ...
        is_own_class: whether it is annotated as a class of the project that inherits from that.
        is_optional: whether it may be None, or something else.
    """

    symbol: Local
    function: Function
    param: Param
    type: str
    is_own_class: bool
    is_optional: bool

    @property
    def name(self) -> str:
        """How to call the function in a message: ``AuditService.record``."""
        return self.symbol.qualname.rpartition("<locals>.")[2]

    @property
    def noun(self) -> str:
        """What it takes."""
        return {"litestar.Request": "request", _SOCKET: "WebSocket"}.get(self.type, "connection")


def taking_connections(project: Project) -> Iterator[tuple[Taken, ...]]:
    """Yield the parameters by which each service takes a connection; tests are left out."""
    for path in _mentioning(project):
        module = project.modules[path]
        if project.role(path) is Role.TEST:
            continue
        for function in module.functions:
            taken = _taken(project, module, function)
            if taken:
                yield taken


def _mentioning(project: Project) -> list[str]:
    """The modules that may read a connection's name, that of a class derived from one, or of an alias."""
    plain = project.words.aliases(name.rpartition(".")[2] for name in CONNECTIONS)
    paths = {path for word in plain for path in project.words.readers(word)}
    derived = {name for path in paths for name in _derived(project.modules[path], plain)}
    for word in project.words.aliases(derived):
        paths.update(project.words.readers(word))
    return sorted(paths)


def _derived(module: Module, plain: frozenset[str]) -> Iterator[str]:
    for name, values in (
        *[(item.name, (item.value,)) for item in module.assignments if item.value is not None],
        *[(item.name, item.bases) for item in module.classes],
    ):
        roots = [value.value if isinstance(value, Sub) else value for value in values]
        if any(isinstance(root, Ref) and root.name.rpartition(".")[2] in plain for root in roots):
            yield name


def _taken(project: Project, module: Module, function: Function) -> tuple[Taken, ...]:
    if "<locals>" in function.qualname or not function.params:
        return ()
    owner = Local(module.path, function.owner) if function.owner else None
    if not _is_named_service(module.path, function.owner):
        return ()
    if owner is not None and not _is_plain_class(project.ancestry(owner)):
        return ()
    if owner is not None and _HOOK.search(function.name) and all(map(_does_nothing, function.body)):
        return ()
    symbol = Local(module.path, function.qualname)
    found = _connections(project, symbol, function)
    if not found or _is_called_by_litestar(project, symbol, function, found) or _overrides(project, symbol, function):
        return ()
    if any(item.type == _SOCKET for item in found) and _manages_sockets(project, symbol, found):
        return ()
    return found


def _connections(project: Project, symbol: Local, function: Function | None) -> tuple[Taken, ...]:
    params = function.params if function is not None else ()
    found = (_connection(project, symbol, function, param) for param in params if function is not None)
    return tuple(item for item in found if item is not None)


def argument_of(taken: Taken, call: Call) -> tuple[int | None, Expr | None]:
    """Return what a call passes for the connection: its place, None where it has its keyword, and the expression.

    Both are None where it passes nothing.
    """
    function = taken.function
    given = call.keyword(taken.param.name)
    if given is not None:
        return None, given
    params = [param for param in function.params if param.kind in ("positional", "normal")]
    is_static = any(isinstance(item, Ref) and item.name == "staticmethod" for item in function.decorators)
    if function.owner and not is_static:
        params = params[1:]
    index = next((index for index, param in enumerate(params) if param.name == taken.param.name), None)
    return (index, call.args[index]) if index is not None and index < len(call.args) else (None, None)


def _overrides(project: Project, symbol: Local, function: Function) -> bool:
    """Whether a class of the project above takes a connection in the same method: then that one is reported."""
    above = project.ancestry(Local(symbol.path, function.owner)).classes[1:] if function.owner else ()
    others = [Local(path, f"{class_.qualname}.{function.name}") for path, class_ in above]
    return any(_connections(project, other, project.function(other)) for other in others)


# -------------------------------------------------------------------------------------------------------------- names
def _is_named_service(path: str, owner: str) -> bool:
    *folders, name = path.removesuffix(".py").split("/")
    if owner and _CLASS.search(owner.rpartition(".")[2]):
        return True
    if name == "__init__" and folders:
        name = folders.pop()
    if _HTTP_MODULE.search(name):
        return False
    return _MODULE.search(name) is not None or bool(folders and _MODULE.search(folders[-1]))


def _does_nothing(stmt: Stmt) -> bool:
    match stmt:
        case Return(value=None | Const()) | Plain(kind="pass") | Do(value=Const() | Other(text="Ellipsis")):
            return True
        case Raise(exc=Ref(name=name)) | Raise(exc=Call(func=Ref(name=name))):
            return name == "NotImplementedError"
    return False


def _is_plain_class(ancestry: Ancestry) -> bool:
    """Whether nothing but the project says what a class's methods take, and its objects are not called themselves."""
    if not ancestry.known:
        return False
    if any(not name.startswith(_SILENT) for name in ancestry.externals):
        return False
    return not any(f"{class_.qualname}.__call__" in class_.methods for _, class_ in ancestry.classes)


# -------------------------------------------------------------------------------------------------------- annotations
def _connection(project: Project, symbol: Local, function: Function, param: Param) -> Taken | None:
    if param.annotation is None or param.kind in ("*", "**"):
        return None
    for item in held(project, Located(symbol.path, function.parent, param.annotation)):
        if not set(item.steps) <= {Step.OPTIONAL, Step.UNION}:
            continue
        type_ = _type_of(project, item)
        if type_:
            return Taken(symbol, function, param, type_, item.symbol is not None, bool(item.steps))
    return None


def _type_of(project: Project, item: Held) -> str:
    names = (item.name,) if item.symbol is None else project.ancestry(item.symbol).externals
    return next((CONNECTIONS[name] for name in names if name in CONNECTIONS), "")


def _is_called_by_litestar(project: Project, symbol: Local, function: Function, found: tuple[Taken, ...]) -> bool:
    """Whether a function has the decorator or the signature of something that Litestar calls."""
    if any(
        project.external(symbol.path, item, function.parent).startswith("litestar.") for item in function.decorators
    ):
        return True
    if symbol in project.layers.handlers or any(item.target == symbol for item in project.layers.providers):
        return True
    if function.owner and function.name == "__init__":
        owner = Local(symbol.path, function.owner)
        if any(item.target == owner for item in project.layers.providers):
            return True
    returns = Located(symbol.path, function.parent, function.returns) if function.returns is not None else None
    if any(Step.RESPONSE in item.steps or _RESPONSES.fullmatch(item.name) for item in held(project, returns)):
        return True
    taken = {item.param.name for item in found}
    return any(_is_http(project, symbol, function, item) for item in function.params if item.name not in taken)


def _is_http(project: Project, symbol: Local, function: Function, param: Param) -> bool:
    """Whether a parameter says that a function is a guard, a middleware, or handles exceptions."""
    if param.annotation is None:
        return False
    located = Located(symbol.path, function.parent, param.annotation)
    if any(_HTTP_TYPES.fullmatch(item.name) for item in held(project, located)):
        return True
    return any(
        isinstance(item, Ref) and _EXCEPTION.search(item.name) is not None for item in subexpressions(param.annotation)
    )


# ------------------------------------------------------------------------------------------------------------ sockets
def _manages_sockets(project: Project, symbol: Local, found: tuple[Taken, ...]) -> bool:
    """Whether a function, or another method of its class, keeps sockets or talks through them: that is its work."""
    methods = [symbol]
    if found[0].function.owner:
        class_ = project.class_(Local(symbol.path, found[0].function.owner))
        methods = [Local(symbol.path, name) for name in class_.methods] if class_ is not None else methods
    return any(_works_with_sockets(project, method) for method in methods)


def _works_with_sockets(project: Project, method: Local) -> bool:
    function = project.function(method)
    if function is None:
        return False
    if any(_SOCKET_WORK.fullmatch(name.rpartition(".")[2]) for name in function.calls if "." in name):
        return True
    sockets = {item.param.name for item in _connections(project, method, function) if item.type == _SOCKET}
    return bool(sockets) and any(isinstance(expr, Ref) and expr.name in sockets for expr in expressions(function.body))
