"""Exception handlers as registered: on layers, on helpers of Litestar, and by code that changes their mapping."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.catching import NOT_KNOWN, ClassNames, class_names
from litestar_fix.model.evaluate import Entries, Entry, mapping
from litestar_fix.model.facts import Assign, Call, Const, Dict, Do, Expr, Function, Module, Op, Ref, Span, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import External, Located
from litestar_fix.model.walk import statements

_OPTION = "exception_handlers"
#: Other calls that take a mapping from exception classes to callables, and their keyword.
_CALLS = {
    "litestar.static_files.create_static_files_router": _OPTION,
    "litestar.static_files.config.create_static_files_router": _OPTION,
    "litestar.static_files.StaticFilesConfig": _OPTION,
    "litestar.static_files.config.StaticFilesConfig": _OPTION,
    "litestar.testing.create_async_test_client": _OPTION,
    "litestar.config.app.AppConfig": _OPTION,
    "litestar.plugins.problem_details.ProblemDetailsConfig": "exception_to_problem_detail_map",
}


class HandlerEntry(msgspec.Struct, frozen=True):
    """One exception handler as registered, or a place where they are not known before run time.

    Args:
        path, span: the key, or the whole mapping where that is not known.
        status: the key where it is a number.
        classes: the key where it names a class; ``known`` is False where nothing is known of the key.
        handler: the handler, None where it is not known.
    """

    path: str
    span: Span
    status: int | None
    classes: ClassNames
    handler: Located | None


def handler_entries(project: Project) -> Iterator[HandlerEntry]:
    """Yield every exception handler that the project registers anywhere."""
    for layer in dict.fromkeys(project.layers.declared()):
        if _OPTION in layer.options:
            yield from _of_mapping(project, layer.options[_OPTION])
    for site in calls_of(project, *_CALLS):
        value = site.call.keyword(_CALLS[project.external(site.path, site.call, site.scope)])
        if value is not None:
            yield from _of_mapping(project, Located(site.path, site.scope, value))
    for module in project.modules.values():
        owners: list[Module | Function] = [module, *module.functions]
        for owner in owners:
            if f".{_OPTION}" in owner.names_text:
                yield from _changes(project, module.path, owner)


def status_code(project: Project, located: Located) -> int | None:
    """Return the number that an expression says as a literal or as a constant of `litestar.status_codes`, else None."""
    match located.expr:
        case Const(value=int(number)) if not isinstance(number, bool):
            return number
        case Ref(name=name):
            symbol = project.resolve(located.path, name, located.scope)
            if isinstance(symbol, External) and symbol.name.startswith("litestar.status_codes.HTTP_"):
                digits = symbol.name.removeprefix("litestar.status_codes.HTTP_")[:3]
                return int(digits) if digits.isdigit() else None
    return None


def _changes(project: Project, path: str, owner: Module | Function) -> Iterator[HandlerEntry]:
    scope = owner.qualname if isinstance(owner, Function) else ""
    for stmt in statements(owner.body):
        match stmt:
            case Assign(targets=targets, value=value) if value is not None:
                for target in targets:
                    yield from _assigned(project, path, scope, target, value)
            case Do(value=Call(func=Ref(name=name)) as call) if name.rpartition(".")[0].endswith(f".{_OPTION}"):
                yield from _called(project, path, scope, name.rpartition(".")[2], call)


def _assigned(project: Project, path: str, scope: str, target: Expr, value: Expr) -> Iterator[HandlerEntry]:
    match target:
        case Sub(value=Ref(name=name), index=key) if name.endswith(f".{_OPTION}"):
            yield _entry(project, Entry(Located(path, scope, key), Located(path, scope, value)))
        case Ref(name=name) if name.endswith(f".{_OPTION}"):
            if not _is_option(value):
                yield from _of_mapping(project, Located(path, scope, value))
        case _ if _is_option(value):
            yield _unknown(path, value)  # what happens to it under the other name is not seen


def _called(project: Project, path: str, scope: str, method: str, call: Call) -> Iterator[HandlerEntry]:
    match method, call.args:
        case "update", (value,):
            yield from _of_mapping(project, Located(path, scope, value))
        case "setdefault", (key, value):
            yield _entry(project, Entry(Located(path, scope, key), Located(path, scope, value)))


def _of_mapping(project: Project, located: Located) -> Iterator[HandlerEntry]:
    found = _entries(project, located)
    for entry in found.entries:
        yield _entry(project, entry)
    if not found.known:
        yield _unknown(located.path, located.expr)


def _entries(project: Project, located: Located) -> Entries:
    """The entries of a mapping; one that is extended, ``{**config.exception_handlers, ...}``, is seen elsewhere."""
    match located.expr:
        case Dict(keys=keys, values=values, span=span) if None in keys:
            kept = [(k, v) for k, v in zip(keys, values, strict=True) if k is not None or not _is_option(v)]
            expr = Dict(tuple(k for k, _ in kept), tuple(v for _, v in kept), span)
            return mapping(project, Located(located.path, located.scope, expr))
        case Op(op="|" | "or", operands=operands, span=span) if any(map(_is_option, operands)):
            kept_operands = tuple(item for item in operands if not _is_option(item))
            return mapping(project, Located(located.path, located.scope, Op("|", kept_operands, span)))
    return mapping(project, located)


def _is_option(expr: Expr) -> bool:
    return isinstance(expr, Ref) and expr.name.endswith(f".{_OPTION}")


def _entry(project: Project, entry: Entry) -> HandlerEntry:
    key = entry.key
    number = status_code(project, key)
    classes = ClassNames(frozenset(), True) if number is not None else class_names(project, key)
    return HandlerEntry(key.path, key.expr.span, number, classes, entry.value)


def _unknown(path: str, expr: Expr) -> HandlerEntry:
    return HandlerEntry(path, expr.span, None, NOT_KNOWN, None)
