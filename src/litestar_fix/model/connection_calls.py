"""Who hands a connection to a service: all of its calls, or the reason why they are not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.annotations import held
from litestar_fix.model.facts import Call, Const, Dict, Expr, Function, Lambda, Op, Param, Ref, Seq
from litestar_fix.model.names import CONNECTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.services import Taken, argument_of
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.usages import Kind, Usage

_BASE = "litestar.connection.ASGIConnection"
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_KEEPING = frozenset({"classmethod", "staticmethod"})
_MARKS = frozenset(f"{home}.{name}" for home in ("typing", "typing_extensions") for name in ("final", "override"))
_ANYTHING = ("typing.Any", "builtins.object")


class Passed(msgspec.Struct, frozen=True):
    """A call that hands over a connection.

    Args:
        path, scope, call: the call.
        index: the place of the argument among the positional ones; None where it has its keyword.
        argument: the name that is handed over.
    """

    path: str
    scope: str
    call: Call
    index: int | None
    argument: str


class Calls(msgspec.Struct, frozen=True):
    """The calls of a service; ``refusal`` says why they are not all known, or cannot be changed."""

    passed: tuple[Passed, ...] = ()
    refusal: str = ""


# ---------------------------------------------------------------------------------------------------------- signature
def why_signature_stays(project: Project, all_taken: tuple[Taken, ...]) -> str:
    """Return why what a service takes is not to be changed by itself, '' where it is."""
    taken, function = all_taken[0], all_taken[0].function
    if not _is_of_application(project, taken.symbol):
        return "the project has no application that it is a part of, so that others may call it"
    if len(all_taken) > 1:
        return "it takes several connections"
    if taken.is_own_class:
        return "the class of the connection is one of the project, and may read in another way"
    if taken.is_optional or taken.param.default is not None:
        return f"{taken.param.name} may be left out, None or something else"
    if function.name.startswith("__") and function.name.endswith("__"):
        return "its class is called, not the method itself"
    if function.is_generator:
        return "its body runs later, when it is iterated over"
    if sum(item.qualname == function.qualname for item in project.modules[taken.symbol.path].functions) > 1:
        return "it is defined more than once"
    others = next(_others_of_its_name(project, taken), "")
    if others:
        return others
    for decorator in function.decorators:
        named = project.external(taken.symbol.path, decorator, function.parent)
        if not (isinstance(decorator, Ref) and (decorator.name in _KEEPING or named in _MARKS)):
            named = decorator.callee if isinstance(decorator, Call) else getattr(decorator, "name", "")
            return f"its decorator {named} may call it in its own way"
    return ""


def _is_of_application(project: Project, symbol: Local) -> bool:
    roles = {Role.APPLICATION, project.role(symbol.path)}
    return any(project.role(site.path) in roles for site, _ in project.layers.applications)


def _others_of_its_name(project: Project, taken: Taken) -> Iterator[str]:
    """Yield why other methods have to take what this one takes: those it overrides, is overridden by, or stands for."""
    function = taken.function
    if not function.owner:
        return
    owner = Local(taken.symbol.path, function.owner)
    if not _PROTOCOLS.isdisjoint(project.ancestry(owner).externals):
        yield "it belongs to a protocol"
    for path, class_ in project.ancestry(owner).classes[1:]:
        if project.function(Local(path, f"{class_.qualname}.{function.name}")) is not None:
            yield f"it overrides {class_.name}.{function.name}"
    for derived in project.subclasses(owner):
        if project.function(Local(derived.path, f"{derived.qualname}.{function.name}")) is not None:
            yield f"{derived.qualname.rpartition('.')[2]}.{function.name} overrides it"
    family = {owner, *project.subclasses(owner)}
    for module, class_ in project.classes():
        other = Local(module.path, class_.qualname)
        method = project.function(Local(module.path, f"{class_.qualname}.{function.name}"))
        if method is None or other in family:
            continue
        if not _PROTOCOLS.isdisjoint(project.ancestry(other).externals):
            yield f"the protocol {class_.name} asks for it"
        elif project.role(module.path) is Role.TEST and any(p.name == taken.param.name for p in method.params):
            yield f"{class_.name} in {module.path} stands in for it"


# -------------------------------------------------------------------------------------------------------------- calls
def calls_with(project: Project, taken: Taken, found: Iterable[Usage]) -> Calls:
    """Return all calls of a service.

    Args:
        project: what it belongs to.
        taken: what it takes.
        found: every place where it may be meant.
    """
    passed = []
    for usage in found:
        if usage.kind is Kind.UNSURE and usage.call is not None and not _may_pass(project, taken, usage, usage.call):
            continue
        reason = _why_not(project, taken, usage)
        if reason:
            return Calls(refusal=f"{usage.path}:{usage.span.line} {reason}")
        if usage.call is not None:
            index, argument = argument_of(taken, usage.call)
            passed.append(
                Passed(usage.path, usage.scope, usage.call, index, argument.name if isinstance(argument, Ref) else "")
            )
    return Calls(tuple(passed), "" if passed else "no call of it is seen")


def is_only_handed_around(project: Project, taken: Taken, found: Iterable[Usage]) -> bool:
    """Whether a function is called nowhere, and read where there is no connection: who calls it says what it takes."""
    served = [usage for usage in found if project.role(usage.path) is not Role.TEST]
    return bool(served and not taken.function.owner) and not any(
        usage.kind is not Kind.MENTION or _has_connection(project, Local(usage.path, usage.scope)) for usage in served
    )


def _has_connection(project: Project, symbol: Local) -> bool:
    function = project.function(symbol)
    types = [project.callgraph.type_of(symbol, param.name) for param in function.params] if function is not None else []
    return any(isinstance(item, External) and item.name in CONNECTIONS for item in types)


def _why_not(project: Project, taken: Taken, usage: Usage) -> str:
    name = taken.function.name
    match usage.kind:
        case Kind.TEXT:
            return f"looks {name} up by its name"
        case Kind.MENTION:
            return f"reads {name} without calling it"
        case Kind.UNSURE:
            return f"{'calls' if usage.call is not None else 'reads'} {name} of something that is not known"
    call = usage.call
    if call is None or call.has_unpacking:
        return f"calls {name} with unpacked arguments"
    if usage.by_class and not _keeps_class(taken.function):
        return f"calls {name} through its class"
    if usage.in_text:
        return f"calls {name} in an f-string"
    if taken.function.is_async and not usage.awaited:
        return f"does not await {name} where it calls it"
    _, argument = argument_of(taken, call)
    return _why_not_read(project, taken, usage, argument)


def _why_not_read(project: Project, taken: Taken, usage: Usage, argument: Expr | None) -> str:
    if not isinstance(argument, Ref):
        return f"passes {taken.param.name} as more than a plain name"
    match project.callgraph.type_of(Local(usage.path, usage.scope), argument.name):
        case External(name=name) if CONNECTIONS.get(name) == taken.type or (
            name in CONNECTIONS and taken.type == _BASE
        ):
            return ""
    return f"passes {argument.name}, which is not known to be a {taken.type.rpartition('.')[2]}"


def _keeps_class(function: Function) -> bool:
    return any(isinstance(item, Ref) and item.name in _KEEPING for item in function.decorators)


# ------------------------------------------------------------------------------------------------- calls of who knows
def _may_pass(project: Project, taken: Taken, usage: Usage, call: Call) -> bool:
    """Whether a call of something unknown may be one of the service: whether it may pass a connection to it."""
    if call.has_unpacking:
        return True
    _, argument = argument_of(taken, call)
    match argument:
        case None | Const() | Seq() | Dict() | Lambda():
            return False
        case Op(op=op) if op not in ("and", "or", "if", ":="):
            return False
        case Ref(name=name):
            return _may_be_connection(project, Local(usage.path, usage.scope), name)
    return True


def _may_be_connection(project: Project, caller: Local, name: str) -> bool:
    match project.callgraph.type_of(caller, name):
        case Local() as local:
            return any(base in CONNECTIONS for base in project.ancestry(local).externals)
        case External(name=found):
            return found in CONNECTIONS or found.startswith(("typing", "unittest.mock"))
    param = _parameter(project, caller, name)
    if param is None or param.annotation is None:
        return True
    types = list(held(project, Located(caller.path, caller.qualname, param.annotation)))
    known = bool(types) and all(item.symbol is not None or item.name not in ("", *_ANYTHING) for item in types)
    return not known or any(item.name in CONNECTIONS for item in types)


def _parameter(project: Project, caller: Local, name: str) -> Param | None:
    function = project.function(caller)
    params = function.params if function is not None else ()
    return next((param for param in params if param.name == name), None)
