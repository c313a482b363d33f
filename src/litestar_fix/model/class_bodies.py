"""Class bodies as places where code runs: what they bind and read, and who may add to a class afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.facts import Call, Class, Expr, Function, Ref, Seq
from litestar_fix.model.graph import show
from litestar_fix.model.names import HANDLER_DECORATORS
from litestar_fix.model.project import Project
from litestar_fix.model.sites import CallSite, names_for, roots
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import subexpressions

_BUILTIN_DECORATORS = frozenset({"classmethod", "property", "staticmethod"})


def methods(project: Project, path: str, class_: Class) -> Iterator[Function]:
    """Yield the functions that a class body defines, in order."""
    for qualname in dict.fromkeys(class_.methods):
        function = project.function(Local(path, qualname))
        if function is not None:
            yield function


def bound_names(project: Project, path: str, class_: Class) -> frozenset[str]:
    """Return the names that a class body binds."""
    start = f"{class_.qualname}."
    module = project.modules[path]
    names = {attribute.name for attribute in class_.attributes}
    names |= {qualname.removeprefix(start) for qualname in class_.methods}
    names |= {c.name for c in module.classes if c.qualname == start + c.name}
    return frozenset(names | {item.local for item in module.imports if item.scope == class_.qualname})


def read_names(project: Project, path: str, class_: Class) -> frozenset[str]:
    """Return the first parts of the names that are read while a class body runs."""
    found = set()
    for expr in _run(project, path, class_):
        for part in subexpressions(expr):
            if isinstance(part, Ref):
                found.add(part.name.partition(".")[0])
    return frozenset(found)


def _run(project: Project, path: str, class_: Class) -> Iterator[Expr]:
    for attribute in class_.attributes:
        yield from (item for item in (attribute.value, attribute.annotation) if item is not None)
    for function in methods(project, path, class_):
        yield from function.decorators
        for param in function.params:
            yield from (item for item in (param.default, param.annotation) if item is not None)
        if function.returns is not None:
            yield function.returns


def leading_attributes(project: Project, path: str, class_: Class) -> frozenset[str]:
    """Return the names of the attributes that stand above the first function of a class, and nowhere below it."""
    starts = [
        min(item.span.line for item in (*function.decorators, function)) for function in methods(project, path, class_)
    ]
    first = min(starts, default=class_.span.end_line + 1)
    below = {item.name for item in class_.attributes if item.span.line >= first}
    return frozenset(item.name for item in class_.attributes if not item.conditional) - below


# ---------------------------------------------------------------------------------------------------- what is added
def hidden_handler(project: Project, path: str, class_: Class) -> str:
    """Say what may give a class handlers that are not defined in its body; '' where nothing does."""
    for decorator in class_.decorators:
        if not project.external(path, decorator, class_.parent):
            return f"its decorator {show(decorator)} may add handlers"
    for attribute in class_.attributes:
        if attribute.value is not None and _is_made(project, Located(path, class_.qualname, attribute.value)):
            return f"its attribute {attribute.name} may be a handler"
    for function in methods(project, path, class_):
        if Local(path, function.qualname) in project.layers.handlers:
            continue
        for decorator in function.decorators:
            if not _is_property(decorator) and _is_made(project, Located(path, class_.qualname, decorator)):
                return f"its method {function.name} may be a handler"
    return ""


def _is_property(decorator: Expr) -> bool:
    """Whether it is a builtin, or ``@name.setter``: neither resolves to anything."""
    return isinstance(decorator, Ref) and (
        decorator.name in _BUILTIN_DECORATORS or decorator.name.rpartition(".")[2] in ("setter", "getter", "deleter")
    )


def _is_made(project: Project, located: Located) -> bool:
    """Whether an expression is, or is made by, what makes handlers: of Litestar, of a plugin, of the project."""
    value = located.expr
    called = value.func if isinstance(value, Call) else value
    if isinstance(called, Call):
        return _is_made(project, Located(located.path, located.scope, called))
    match project.resolve_expr(Located(located.path, located.scope, called)):
        case External(name=dotted):
            return dotted in HANDLER_DECORATORS or dotted.startswith("litestar.handlers.")
        case Local() as symbol:
            function = project.function(symbol)
            if symbol in project.layers.handlers:
                return True
            return function is not None and _makes_handlers(project, symbol.path, function)
    return False


def _makes_handlers(project: Project, path: str, function: Function) -> bool:
    for name in function.names:
        match project.resolve(path, name, function.qualname):
            case External(name=dotted) if dotted in HANDLER_DECORATORS:
                return True
    inner = f"{function.qualname}.<locals>."
    return any(s.path == path and s.qualname.startswith(inner) for s in project.layers.handlers)


def derived_by(project: Project, symbol: Local) -> str:
    """Return the name of what derives classes from a class at run time, where the text has no ``class`` for them.

    That is ``type(name, bases, namespace)``, or a function that is handed the class and does it; '' where neither is.
    """
    for site in handed_to(project, symbol):
        if site.call.callee == "type" and project.resolve(site.path, "type", site.scope) is None:
            return "type()"
        target = project.resolve_expr(Located(site.path, site.scope, site.call.func))
        function = project.function(target)
        if isinstance(target, Local) and function is not None and _derives(project, target.path, function):
            return function.name
    return ""


def attribute_user(project: Project, symbol: Local, name: str) -> str:
    """Return a file that reads or assigns an attribute of a class through the name of the class, '' where none does."""
    end = f".{name}"
    for path in project.words.readers(name):
        module = project.modules[path]
        texts = ("", module.names_text), *[(function.qualname, function.names_text) for function in module.functions]
        for scope, text in texts:
            for dotted in text.split() if end in text else ():
                if dotted.endswith(end) and project.resolve(path, dotted.removesuffix(end), scope) == symbol:
                    return path
    return ""


def handed_to(project: Project, symbol: Local) -> Iterator[CallSite]:
    """Yield the calls that have a class or function among their arguments, by itself or in a tuple."""
    last = symbol.qualname.rpartition(".")[2]
    for path in project.words.readers(last):
        module = project.modules[path]
        names = names_for(module, last)
        for scope, target, root in roots(module, names) if names else ():
            for expr in subexpressions(root):
                if isinstance(expr, Call) and _has_argument(project, Located(module.path, scope, expr), expr, symbol):
                    yield CallSite(module.path, scope, expr, target if expr is root else "")


def _has_argument(project: Project, located: Located, call: Call, symbol: Local) -> bool:
    given = [*call.args, *[keyword.value for keyword in call.keywords]]
    given += [item for value in given if isinstance(value, Seq) and value.kind == "tuple" for item in value.items]
    return any(project.resolve_expr(Located(located.path, located.scope, item)) == symbol for item in given)


def _derives(project: Project, path: str, function: Function) -> bool:
    if "type" in function.calls:
        return True
    params = {param.name for param in function.params}
    inner = f"{function.qualname}.<locals>."
    return any(
        isinstance(base, Ref) and base.name in params
        for class_ in project.modules[path].classes
        if class_.qualname.startswith(inner)
        for base in class_.bases
    )
