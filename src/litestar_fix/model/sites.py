"""Where things are called or mentioned: searches over all expressions of a project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TypeAlias
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.facts import Assign, Call, Class, Expr, Function, Module, Ref, Span
from litestar_fix.model.names import plain_names
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import own_expressions, statements, subexpressions


class CallSite(msgspec.Struct, frozen=True):
    """A call: its file, the scope it stands in, and the name it is assigned to ('' where it is not)."""

    path: str
    scope: str
    call: Call
    target: str = ""


class Mention(msgspec.Struct, frozen=True):
    """A place where a name of the project is read; ``called`` tells whether it is called there."""

    path: str
    scope: str
    name: str
    span: Span
    called: bool


def roots(
    module: Module, wanted: Iterable[str] | None = None, *, given: bool = False, attributes: Iterable[str] = ()
) -> Iterator[tuple[str, str, Expr]]:
    """Yield (scope, name it is assigned to, expression) for the outermost expressions of a module.

    Args:
        module: where to search.
        wanted: dotted names as written; a function whose body reads none of them is not decoded. None for all.
        given: whether only names matter that are arguments of calls.
        attributes: a function that reads one of them of anything but a name is decoded, too.
    """
    others = frozenset(attributes)
    names = None if wanted is None else frozenset(wanted)

    def reads(owner: Module | Function) -> bool:
        return names is None or _reads(owner.names_text, names) or _reads(owner.attributes_text, others)

    if is_read := reads(module):
        yield from _of_body("", module.body)
    reading = [reads(function) for function in module.functions]  # several may have one name
    readers = {function.qualname for function, it_does in zip(module.functions, reading, strict=True) if it_does}
    # the body of a class, decorators and parameters are read where the class or the function stands
    for class_ in module.classes:
        if _stands_in(class_.qualname, readers, is_outside=is_read):
            yield from _of_class(class_)
    for function, it_does in zip(module.functions, reading, strict=True):
        if _stands_in(function.qualname, readers, is_outside=is_read):
            for expr in _of_signature(function):
                yield function.parent, "", expr
        if it_does and (names is None or not given or _reads(function.given_text, names)):
            yield from _of_body(function.qualname, function.body)


def _stands_in(qualname: str, readers: Set[str], *, is_outside: bool) -> bool:
    """Whether a class or function stands in one of some functions, or, where that says so, in none."""
    holder = qualname.rpartition(".<locals>.")[0]
    return holder in readers if holder else is_outside


def _reads(text: str, names: Set[str]) -> bool:
    # looking for a part of the text is so much faster than splitting it that most modules cost nothing
    return any(name in text for name in names) and not names.isdisjoint(text.split())


def _of_body(scope: str, body: Iterable[object]) -> Iterator[tuple[str, str, Expr]]:
    for stmt in statements(body):  # type: ignore[arg-type]
        target = stmt.targets[0] if isinstance(stmt, Assign) else None
        label = target.name if isinstance(target, Ref) else ""
        for expr in own_expressions(stmt):
            yield scope, label, expr


def _of_class(class_: Class) -> Iterator[tuple[str, str, Expr]]:
    outer = class_.parent
    for expr in (*class_.bases, *class_.decorators, *[keyword.value for keyword in class_.keywords]):
        yield outer, "", expr
    for attribute in class_.attributes:
        for value in (attribute.value, attribute.annotation):
            if value is not None:
                yield class_.qualname, attribute.name, value


def _of_signature(function: Function) -> Iterator[Expr]:
    yield from function.decorators
    for param in function.params:
        if param.default is not None:
            yield param.default
        if param.annotation is not None:
            yield param.annotation


_known: WeakKeyDictionary[Project, dict[tuple[str, ...], tuple[CallSite, ...]]] = WeakKeyDictionary()


def calls_of(project: Project, *names: str) -> tuple[CallSite, ...]:
    """Return all calls of the library objects with these canonical names, in file order.

    Searched once for a project.
    """
    known = _known.setdefault(project, {})
    if names not in known:
        known[names] = tuple(_calls_of(project, names))
    return known[names]


def applied_calls(project: Project, *names: str) -> tuple[tuple[CallSite, Located], ...]:
    """Return calls of library objects that are applied to one argument at once, with it: ``get("/")(read_status)``.

    The site's target is the name that the result is assigned to. Searched once for a project.
    """
    known = _applied.setdefault(project, {})
    if names not in known:
        known[names] = tuple(_applied_calls(project, names))
    return known[names]


#: How the encoding of a call of what a call returns begins: the number of fields and the tag of both.
_ENCODED_APPLIED = 2 * msgspec.msgpack.encode(Call(Ref("", Span(0, 0, 0, 0)), (), (), Span(0, 0, 0, 0)))[:2]
_applied: WeakKeyDictionary[Project, dict[tuple[str, ...], tuple[tuple[CallSite, Located], ...]]] = WeakKeyDictionary()


def _applied_calls(project: Project, names: tuple[str, ...]) -> Iterator[tuple[CallSite, Located]]:
    words = _words_for(project, names)
    for module in _reading(project, words):
        written = _names_for(project, module, names, words)
        for scope, target, root in _roots_with(module, _ENCODED_APPLIED) if written else ():
            for expr in subexpressions(root):
                if not isinstance(expr, Call) or not isinstance(expr.func, Call):  # nearly all of them
                    continue
                match expr:
                    case Call(func=Call() as inner, args=(argument,), keywords=()) if inner.callee in written:
                        if project.external(module.path, inner.func, scope) in names:
                            label = target if expr is root else ""
                            yield CallSite(module.path, scope, inner, label), Located(module.path, scope, argument)


def _roots_with(module: Module, sign: bytes) -> Iterator[tuple[str, str, Expr]]:
    """Yield what `roots` does, but for bodies and parameters whose encoding does not hold some bytes."""
    if sign in module.raw_body:
        yield from _of_body("", module.body)
    for class_ in module.classes:
        yield from _of_class(class_)
    for function in module.functions:
        holds = sign in function.raw_signature
        for expr in _of_signature(function) if holds else function.decorators:
            yield function.parent, "", expr
        if sign in function.raw_body:
            yield from _of_body(function.qualname, function.body)


def _words_for(project: Project, names: Iterable[str]) -> frozenset[str]:
    """How the names may end by which the project reads one of the library objects."""
    return project.words.aliases(plain for name in names for plain in plain_names(name))


def _reading(project: Project, words: Iterable[str]) -> list[Module]:
    """The modules that may read one of the library objects, in file order."""
    paths = {path for word in words for path in project.words.readers(word)}
    return [module for path, module in project.modules.items() if path in paths]


def _calls_of(project: Project, names: tuple[str, ...]) -> Iterator[CallSite]:
    words = _words_for(project, names)
    for module in _reading(project, words):
        written = _names_for(project, module, names, words)
        if not written:
            continue
        for scope, target, root in roots(module, written):
            for expr in subexpressions(root):
                if not isinstance(expr, Call) or not isinstance(expr.func, Ref) or expr.func.name not in written:
                    continue
                if project.external(module.path, expr.func, scope) in names:
                    yield CallSite(module.path, scope, expr, target if expr is root else "")


def _names_for(project: Project, module: Module, names: tuple[str, ...], words: Set[str]) -> frozenset[str]:
    """The dotted names by which a module reads one of the library objects, in any scope."""
    given = _given_names(project, module)
    texts = [*_texts_of(module)]
    # one name is read by many functions
    read = set(" ".join([text for _, text in texts]).split())
    near = {name for name in read if name.rpartition(".")[2] in words}
    if given is not None:
        near = {name for name in near if name.partition(".")[0] in given}
    return frozenset(name for name in near if _may_mean(project, module.path, texts, name, names))


def _may_mean(project: Project, path: str, texts: Iterable[tuple[str, str]], name: str, names: tuple[str, ...]) -> bool:
    """Whether a dotted name stands for one of the library objects in one of the scopes that read it."""
    for scope, text in texts:
        if name in text and name in text.split():
            symbol = project.resolve(path, name, scope)
            if isinstance(symbol, External) and symbol.name in names:
                return True
    return False


_given: WeakKeyDictionary[Project, dict[str, frozenset[str] | None]] = WeakKeyDictionary()


def _given_names(project: Project, module: Module) -> frozenset[str] | None:
    """The names that a module imports, or gives to what has another one; None where they are not all written out."""
    known = _given.setdefault(project, {})
    if module.path not in known:
        given = {item.local for item in module.imports}
        given |= {item.name for item in module.assignments if isinstance(item.value, Ref)}
        has_stars = any(item.name == "*" for item in module.imports)
        known[module.path] = None if has_stars else frozenset(given)
    return known[module.path]


def mentions_of(project: Project, symbol: Local) -> Iterator[Mention]:
    """Yield every place of the project where a function, class or module-level name is read, imports excepted."""
    last = symbol.qualname.rpartition(".")[2]
    readers = _readers.setdefault(project, {})
    if last not in readers:
        readers[last] = _readers_by_symbol(project, last)
    by_path = readers[last].get(symbol, {})
    for path in sorted({symbol.path, *by_path} & project.modules.keys()):
        module = project.modules[path]
        # what a class body reads is listed with the names of its module, but resolves in the class
        names = names_for(module, last) if path == symbol.path else by_path[path]
        if not names:
            continue
        targets = _assigned(module) if path == symbol.path else frozenset()
        for scope, ref, called in _reading_one_of(project, module, names):
            if ref.span not in targets and project.resolve(path, ref.name, scope) == symbol:
                yield Mention(path, scope, ref.name, ref.span, called)


#: By plain name: the dotted names by which modules may read something of the project, by what that is.
_readers: WeakKeyDictionary[Project, dict[str, dict[Local, dict[str, set[str]]]]] = WeakKeyDictionary()


def _readers_by_symbol(project: Project, last: str) -> dict[Local, dict[str, set[str]]]:
    found: dict[Local, dict[str, set[str]]] = {}
    for path in project.words.readers(last):
        module = project.modules[path]
        known_as = _known_as(module, last)
        classes = {item.scope for item in module.imports if not item.scope.endswith(".<locals>")} - {""}
        for own, text in _texts_of(module):
            for name in _ending_in(text, known_as, last):
                for scope in (own, *classes):
                    symbol = project.resolve(path, name, scope)
                    if isinstance(symbol, Local):
                        found.setdefault(symbol, {}).setdefault(path, set()).add(name)
    return found


def other_use(project: Project, symbol: Local, registered: Iterable[Located]) -> str:
    """Return how a function is used beside being registered in these places, '' where it is not."""
    known = {(item.path, item.expr.span) for item in registered}
    for mention in mentions_of(project, symbol):
        if (mention.path, mention.span) in known:
            continue
        if mention.called:
            return f"{readable(mention.scope) or mention.path} calls it, too"
        return f"{mention.path} reads it elsewhere"
    return ""


def calls_of_class(project: Project, symbol: Local) -> Iterator[CallSite]:
    """Yield every place of the project where a class or function of its own is called, in file order."""
    called = {(mention.path, mention.name): mention for mention in mentions_of(project, symbol) if mention.called}
    for path, name in called:
        for scope, target, root in roots(project.modules[path], (name,)):
            for expr in subexpressions(root):
                if isinstance(expr, Call) and expr.callee == name and project.resolve(path, name, scope) == symbol:
                    yield CallSite(path, scope, expr, target if expr is root else "")


def names_for(module: Module, last: str) -> set[str]:
    """Return the dotted names read in a module that may mean something of this plain name."""
    known_as = _known_as(module, last)
    return {name for _, text in _texts_of(module) for name in _ending_in(text, known_as, last)}


def _known_as(module: Module, last: str) -> set[str]:
    return {last} | {item.local for item in module.imports if item.name == last}


def _texts_of(module: Module) -> Iterator[tuple[str, str]]:
    """Yield each scope and the text of the names that it reads; those of class bodies stand with the module's."""
    yield "", module.names_text
    for function in module.functions:
        yield function.qualname, function.names_text


def _ending_in(text: str, known_as: Set[str], last: str) -> set[str]:
    if not any(name in text for name in known_as):
        return set()
    return {name for name in text.split() if name in known_as or name.rpartition(".")[2] == last}


def _assigned(module: Module) -> frozenset[Span]:
    """Where the module itself assigns: a target is no read."""
    assignments = [stmt for stmt in statements(module.body) if isinstance(stmt, Assign)]
    return frozenset(target.span for stmt in assignments for target in stmt.targets)


#: A name that is read: in which scope, where, and whether it is called there.
_Read: TypeAlias = tuple[str, Ref, bool]
_MOST_MODULES = 256
#: By module: what it reads outside definitions, then by each class and each signature; and by the bodies of functions.
_read: WeakKeyDictionary[Project, dict[str, tuple[list[list[_Read]], dict[int, list[_Read]]]]] = WeakKeyDictionary()


def _reading_one_of(project: Project, module: Module, names: set[str]) -> Iterator[_Read]:
    """Yield where a module reads one of some dotted names, in the order of `roots`."""
    known = _read.setdefault(project, {})
    if module.path not in known:
        if len(known) >= _MOST_MODULES:
            known.clear()
        known[module.path] = list(_read_outside(module)), {}
    (top, *definitions), bodies = known[module.path]
    classes, signatures = definitions[: len(module.classes)], definitions[len(module.classes) :]
    is_read = _reads(module.names_text, names)
    reading = [_reads(function.names_text, names) for function in module.functions]
    readers = {function.qualname for function, it_does in zip(module.functions, reading, strict=True) if it_does}
    yield from (read for read in (top if is_read else ()) if read[1].name in names)
    for class_, body in zip(module.classes, classes, strict=True):
        if _stands_in(class_.qualname, readers, is_outside=is_read):
            yield from (read for read in body if read[1].name in names)
    for number, (function, signature) in enumerate(zip(module.functions, signatures, strict=True)):
        if _stands_in(function.qualname, readers, is_outside=is_read):
            yield from (read for read in signature if read[1].name in names)
        if reading[number]:
            if number not in bodies:
                bodies[number] = _read_in(_of_body(function.qualname, function.body))
            yield from (read for read in bodies[number] if read[1].name in names)


def _read_outside(module: Module) -> Iterator[list[_Read]]:
    yield _read_in(_of_body("", module.body))
    for class_ in module.classes:
        yield _read_in(_of_class(class_))
    for function in module.functions:
        yield _read_in((function.parent, "", root) for root in _of_signature(function))


def _read_in(found: Iterable[tuple[str, str, Expr]]) -> list[_Read]:
    read: list[_Read] = []
    for scope, _, root in found:
        called = set()
        for expr in subexpressions(root):
            if isinstance(expr, Call):
                called.add(expr.func.span)
            elif isinstance(expr, Ref):
                read.append((scope, expr, expr.span in called))
    return read
