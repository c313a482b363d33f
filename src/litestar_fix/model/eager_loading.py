"""What is loaded with its row although it may not be needed: eager options of statements, and eager relationships.

Whether something is needed is answered with care: everything of that name that a response may hold, or that anything
reads, counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from litestar_fix.model.dtos import dtos
from litestar_fix.model.facts import Attr, Call, Const, Expr, Function, Module, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.relationships import RELATIONSHIP, Loading, Relationship, is_model, relationships_of
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import calls_of, roots
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import children, expressions, subexpressions

EAGER = ("immediateload", "joinedload", "selectinload", "subqueryload")
_LOADERS = tuple(f"sqlalchemy.orm.{name}" for name in EAGER)
# calls in class bodies whose strings name tables and columns, and the other side of a relationship
_DESCRIBED = frozenset({"ForeignKey", "relationship"})
_NO_READERS = frozenset({Role.TEST, Role.MIGRATION})
# names that a template reads are written in no module
_TEMPLATES = ("Template", "TemplateConfig")


class EagerOptions(msgspec.Struct, frozen=True):
    """The eager options of one statement that no response and not its function is seen to need.

    Args:
        path: the file.
        owner: the function or class, or the name that the options are assigned to; '' for none of them.
        span: the first option.
        names: the relationships, in order.
    """

    path: str
    owner: str
    span: Span
    names: tuple[str, ...]


class _Option(msgspec.Struct, frozen=True):
    """One eager option, and where it names its relationship."""

    model: str
    relationship: str
    span: Span
    named: Span


class EagerLoading:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    # ---------------------------------------------------------------------------------------------------- options
    def options(self) -> Iterator[EagerOptions]:
        """Yield the statements of the application with eager options that are not seen to be needed."""
        written: dict[str, set[str]] = {}
        for site in calls_of(self.project, *_LOADERS):
            if self.project.role(site.path) not in _NO_READERS:
                written.setdefault(site.path, set()).add(site.call.callee)
        for path, names in written.items():
            for scope, target, root in roots(self.project.modules[path], names):
                loaded = sorted(self._loaded(path, scope, root, names), key=lambda item: item.named)
                found = [item for item in loaded if not self._is_needed(path, scope, item)]
                if found:
                    labels = tuple(dict.fromkeys(item.relationship for item in found))
                    yield EagerOptions(path, scope or target, found[0].span, labels)

    def _loaded(self, path: str, scope: str, root: Expr, names: Iterable[str]) -> Iterator[_Option]:
        for expr in subexpressions(root):
            match expr:
                case Call(func=Ref(name=name)) if name in names:
                    pass
                case Call(func=Attr(attr=attr)) if attr in EAGER:
                    pass
                case _:
                    continue
            for given in expr.args:
                if isinstance(given, Ref) and "." in given.name:
                    model, _, relationship = given.name.rpartition(".")
                    symbol = self.project.resolve(path, model, scope)
                    if isinstance(symbol, Local) and relationship in relationships_of(self.project, symbol):
                        yield _Option(symbol.qualname.rpartition(".")[2], relationship, expr.span, given.span)

    def _is_needed(self, path: str, scope: str, item: _Option) -> bool:
        if item.model in self.answered_models or item.relationship in self.answered_names:
            return True
        function = self.project.function(Local(path, scope))
        return function is not None and _reads_of_a_row(function, item.relationship)

    # ----------------------------------------------------------------------------------------------- relationships
    def unread(self) -> Iterator[tuple[str, Relationship]]:
        """Yield the relationships that are loaded with every row and read nowhere, with the name of their model."""
        has_templates = any(self.project.words.readers(name) for name in _TEMPLATES)
        if has_templates or not self._eager or not self.project.layers.every_handler():
            return
        found: dict[tuple[Local, str], tuple[str, Relationship]] = {}
        needed: set[tuple[Local, str]] = set()
        for model, item in self._eager:
            key = (item.owner, item.name)
            found.setdefault(key, (model, item))
            if model in self.answered_models or item.name in self.answered_names or self._is_read(item.name):
                needed.add(key)
        yield from (each for key, each in found.items() if key not in needed)

    @cached_property
    def _eager(self) -> tuple[tuple[str, Relationship], ...]:
        if all(site.call.keyword("lazy") is None for site in calls_of(self.project, RELATIONSHIP)):
            return ()
        return tuple(
            (class_.name, item)
            for module, class_ in self.project.classes()
            if class_.bases
            for item in relationships_of(self.project, Local(module.path, class_.qualname)).values()
            if item.loading is Loading.EAGER and self.project.role(item.owner.path) is Role.APPLICATION
        )

    def _is_read(self, name: str) -> bool:
        return any(
            _has_attribute(module, name) or _has_text(module, name, self._texts(module))
            for module in self.project.modules.values()
            if self.project.role(module.path) not in _NO_READERS
        )

    def _texts(self, module: Module) -> frozenset[str]:
        """The strings in the class bodies of a module, but for those that name tables or describe relationships."""
        if module.path not in self._known_texts:
            values = [
                attribute.value
                for class_ in module.classes
                for attribute in class_.attributes
                if attribute.value is not None and not attribute.name.startswith("__")
            ]
            self._known_texts[module.path] = frozenset(_strings(expr for value in values for expr in _told(value)))
        return self._known_texts[module.path]

    @cached_property
    def _known_texts(self) -> dict[str, frozenset[str]]:
        return {}

    # --------------------------------------------------------------------------------------------------- responses
    @cached_property
    def answered_names(self) -> frozenset[str]:
        """The fields of all classes that are no SQLAlchemy models: what a row may be turned into."""
        return frozenset(
            attribute.name
            for module, class_ in self.project.classes()
            if not is_model(self.project, Local(module.path, class_.qualname))
            for attribute in class_.attributes
            if attribute.annotation is not None
        )

    @cached_property
    def answered_models(self) -> frozenset[str]:
        """The plain names of all models that a response may hold, and of those that their relationships lead to."""
        targets: dict[str, set[str]] = {}
        for module, class_ in self.project.classes():
            for item in relationships_of(self.project, Local(module.path, class_.qualname)).values():
                targets.setdefault(class_.name, set()).add(item.target)
        found: set[str] = set()
        todo = [name for name in self._mentioned() if name in targets]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += targets.get(name, ())
        return frozenset(found)

    def _mentioned(self) -> Iterator[str]:
        for handler in self.project.layers.every_handler():
            if handler.function.returns is not None:
                yield from _names(handler.function.returns)
        for dto in dtos(self.project):
            if dto.argument is not None:
                yield from _names(dto.argument.expr)
        for module, class_ in self.project.classes():
            if not is_model(self.project, Local(module.path, class_.qualname)):
                for attribute in class_.attributes:
                    if attribute.annotation is not None:
                        yield from _names(attribute.annotation)


def _names(expr: Expr) -> Iterator[str]:
    for item in subexpressions(expr):
        if isinstance(item, Ref):
            yield item.name.rpartition(".")[2]


def _reads_of_a_row(function: Function, name: str) -> bool:
    """Whether a function reads an attribute of something that is not a class."""
    return name in function.attributes_text.split() or any(
        name in dotted.split(".")[1:] and not dotted.rpartition(f".{name}")[0].rpartition(".")[2][:1].isupper()
        for dotted in function.names
    )


def _has_attribute(module: Module, name: str) -> bool:
    texts = [module.names_text, module.attributes_text]
    for function in module.functions:
        texts += (function.names_text, function.attributes_text)
    if name in module.attributes_text.split() or any(name in item.attributes_text.split() for item in module.functions):
        return True
    return any(name in dotted.split(".")[1:] for text in texts if f".{name}" in text for dotted in text.split())


def _has_text(module: Module, name: str, texts: frozenset[str]) -> bool:
    if name in texts:
        return True
    wanted = name.encode()
    bodies = [function.body for function in module.functions if wanted in function.raw_body]
    if wanted in module.raw_body:
        bodies.append(module.body)
    return any(name in _strings(expressions(body)) for body in bodies)


def _told(expr: Expr) -> Iterator[Expr]:
    """An expression and all within it, but for what foreign keys and relationships are given."""
    yield expr
    if not (isinstance(expr, Call) and expr.callee.rpartition(".")[2] in _DESCRIBED):
        for part in children(expr):
            yield from _told(part)


def _strings(found: Iterable[Expr]) -> frozenset[str]:
    """The strings among expressions, and the parts of those that are dotted names."""
    texts = [item.value for item in found if isinstance(item, Const) and isinstance(item.value, str)]
    return frozenset(part for text in texts for part in text.split("."))
