"""What handlers do with the bytes that a client sends."""

from __future__ import annotations

from litestar_fix.model.facts import Assign, Attr, Await, Call, Expr, Ref
from litestar_fix.model.made_calls import Made
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import statements

_REQUESTS = ("litestar.Request", "litestar.connection.ASGIConnection")
_UPLOAD = ".UploadFile"
_RESERVED = "body"


def parses_body(project: Project, made: Made) -> bool:
    """Whether a call is given the body of a request, or an uploaded file."""
    given = made.call.args[0] if made.call.args else None
    return given is not None and _is_body(project, made.caller, given)


def _is_body(project: Project, caller: Local, expr: Expr) -> bool:
    match expr:
        case Await(value=Call(func=Ref(name=name))):
            receiver, _, method = name.rpartition(".")
            class_ = project.callgraph.type_of(caller, receiver) if receiver else None
            if not isinstance(class_, External):
                return False
            is_upload = method == "read" and class_.name.endswith(_UPLOAD)
            return is_upload or (method == "body" and class_.name in _REQUESTS)
        case Call(func=Attr(value=value, attr="decode")):
            return _is_body(project, caller, value)
        case Call(func=Ref(name=name)) if name.endswith(".decode") and name.count(".") == 1:
            return _is_variable_of_body(project, caller, name.removesuffix(".decode"))
        case Ref(name=name) if "." not in name:
            return _is_variable_of_body(project, caller, name)
    return False


def _is_variable_of_body(project: Project, caller: Local, name: str) -> bool:
    function = project.function(caller)
    if function is None:
        return False
    if any(param.name == name for param in function.params):
        return name == _RESERVED and caller in project.layers.handlers
    values = [
        stmt.value
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(target, Ref) and target.name == name for target in stmt.targets)
    ]
    match values:
        case [Await() | Call() as value]:
            return _is_body(project, caller, value)
    return False
