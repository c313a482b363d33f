"""What would take the place of a body that a handler parses itself: the parameter ``data``, and why it may not.

Sources, Litestar 2.25: ``litestar/_kwargs/extractors.py`` (``json_extractor``: an empty body is no value, so that
``data`` is missing, also where it may be None), ``litestar/routes/http.py`` (malformed JSON is answered with 400 before
dependencies are made), ``litestar/handlers/http_handlers/base.py`` (no ``data`` for GET).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from litestar_fix.model.body_reads import BODY, REQUEST, BodyRead, nested_functions
from litestar_fix.model.facts import (
    Assign,
    Attribute,
    Call,
    Class,
    Const,
    Function,
    Lambda,
    Other,
    Plain,
    Raise,
    Ref,
    Return,
    Span,
)
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import collection_name
from litestar_fix.model.json_decoding import ERRORS
from litestar_fix.model.mapping_uses import is_bound_again, uses_of, why_no_mapping
from litestar_fix.model.occurrences import Occurrence, occurrences
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import statements, subexpressions

DATA = "data"
#: The methods whose requests have a body.
WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
#: The first Litestar with ``JSONBody`` in ``litestar.params``.
_JSON_BODY = (2, 23)
#: Annotations of a variable that say no more than ``dict[str, Any]`` does.
_MAPPINGS = frozenset({"dict", "Dict", "dict[str, Any]", "Dict[str, Any]"})


class BodyParameter(msgspec.Struct, frozen=True):
    """The parameter ``data`` in the place of what a handler parses.

    Args:
        path, function: the handler.
        read: the expression that ``data`` replaces.
        statement: the statement that is not needed any more; None where the read is a part of one.
        raw: the statement that keeps the raw body for it; None where there is none.
        variable: the variable that is called ``data`` now; '' where there is none, or it is called so already.
        type: the type of ``data``.
        is_untyped: whether that is ``dict[str, Any]``, because none is named.
        is_marked: whether it is a ``JSONBody``.
        before: the parameter at whose place it stands.
        unused: the parameters that nothing uses any more.
    """

    path: str
    function: Function
    read: Span
    statement: Span | None
    raw: Span | None
    variable: str
    type: str
    is_untyped: bool
    is_marked: bool
    before: str
    unused: tuple[str, ...]


class BodyParameters:
    """Answers for one place where a handler parses its body.

    Args:
        project: what it belongs to.
        reads: all reads of the handler.
    """

    def __init__(self, project: Project, reads: Sequence[BodyRead]) -> None:
        self.project = project
        self.reads = reads
        self.read = reads[0]
        self.handler = self.read.handler
        self.function = self.handler.function
        self.nested = nested_functions(project, self.handler)
        self.found = list(occurrences(self.function.body))
        self.names = {name for function in (self.function, *self.nested) for name in function.names}
        self.params = {param.name: param for param in self.function.params}

    # ---------------------------------------------------------------------------------------------------- the parameter
    def parameter(self) -> BodyParameter:
        """Return the parameter, for a read that nothing hinders."""
        variable = self.read.variable
        unused = tuple(name for name in (BODY, REQUEST) if name in self.params and not self._is_used(name))
        anchor = next(iter(unused), REQUEST if REQUEST in self.params else BODY)
        version = self.project.litestar_version
        mapping = collection_name(self.project.modules[self.handler.path], "dict")
        return BodyParameter(
            self.handler.path,
            self.function,
            self.read.at.expr.span,
            self.read.at.stmt.span if variable else None,
            self.read.raw.stmt.span if self.read.raw is not None else None,
            variable if variable != DATA else "",
            show(self.read.type.expr) if self.read.type is not None else f"{mapping}[str, Any]",
            self.read.type is None,
            version is not None and version >= _JSON_BODY,
            anchor,
            unused,
        )

    def _is_used(self, name: str) -> bool:
        """Whether anything but the read needs a parameter."""
        own = [self.read.at.expr.span, *([self.read.raw.stmt.span] if self.read.raw is not None else [])]
        others = (item.expr for item in self.found if not any(span.contains(item.expr.span) for span in own))
        if any(_mentions(expr, name) for expr in others):
            return True
        read = {other for other in self.names if other.partition(".")[0] == name}
        return not read <= {f"{REQUEST}.json", f"{REQUEST}.{BODY}", BODY, f"{BODY}.decode"}

    # ------------------------------------------------------------------------------------------------------- obstacles
    def obstacle(self) -> str:
        """Say why ``data`` cannot take the place of the read, '' where it can."""
        questions = (
            self._of_place,
            self._of_handler,
            self._of_names,
            self._of_order,
            self._of_type,
            self._of_layers,
            self._of_users,
        )
        return next((reason for question in questions if (reason := question())), "")

    def _of_place(self) -> str:
        if len(self.reads) > 1:
            return "the body is parsed in several places"
        if self.read.is_nested:
            return "it is parsed in a function within the handler"
        if self.read.at.hindrance:
            return f"it is parsed in a {self.read.at.hindrance}"
        hindrance = self.read.raw.hindrance if self.read.raw is not None else ""
        return f"it is read in a {hindrance}" if hindrance else ""

    def _of_handler(self) -> str:
        handler = self.handler
        if DATA in self.params:
            return "the handler has data already"
        if handler.methods is None:
            return "the methods of the handler are not known"
        if not WITH_BODY.issuperset(handler.methods):
            return f"{' and '.join(handler.methods)} requests have no body to rely on"
        if handler.applied is not None or not handler.is_plain:
            return "the function is not the handler's alone"
        name = REQUEST if REQUEST in self.params else BODY
        return f"{name} has a default" if self.params[name].default is not None else ""

    def _of_names(self) -> str:
        variable = self.read.variable
        inner = {name for function in self.nested for name in function.bound}
        roots = {name.partition(".")[0] for name in self.names}
        if variable != DATA and (DATA in self.function.bound or DATA in roots | inner):
            return "data means something else here"
        is_other = variable in self.params or variable in inner
        if variable and (is_other or is_bound_again(variable, self.function, self.found)):
            return f"{variable} is bound again"
        return ""

    def _of_order(self) -> str:
        """What may happen before the body is parsed, and would happen after it."""
        if self.read.may_be_empty:
            return "an empty body may be allowed, which Litestar answers with 400"
        first = self.read.raw.stmt.span if self.read.raw is not None else self.read.at.stmt.span
        for stmt in statements(self.function.body):
            if stmt.span < first and (isinstance(stmt, Return | Raise) or _is_assertion(stmt)):
                return "the handler may answer before it parses the body"
        for item in self.found:
            if item.expr.span < first and isinstance(item.expr, Call) and _is_given_request(item.expr):
                return f"{show(item.expr.func)} looks at the request before the body is parsed"
        looks = f"{REQUEST}.content_type" in self.names or any(_is_content_type(item) for item in self.found)
        return "the handler looks at the content type" if looks else ""

    def _of_type(self) -> str:
        if self.read.options:
            named = [name for name in self.read.options if name]
            return f"it is parsed with {', '.join(named)}" if named else "it is parsed with further arguments"
        if self.read.type is not None:
            return self._of_named_type()
        stmt, variable = self.read.at.stmt, self.read.variable
        annotation = show(stmt.annotation) if isinstance(stmt, Assign) and stmt.annotation is not None else "Any"
        if annotation not in ("Any", *_MAPPINGS):
            return f"Litestar would check that it is a {annotation}"
        uses = list(uses_of(variable, self.found)) if variable else [self.read.at]
        inner = {name.partition(".")[0] for function in self.nested for name in function.names}
        return why_no_mapping(uses, all_known=variable not in inner, is_declared=annotation in _MAPPINGS)

    def _of_named_type(self) -> str:
        wanted = self.read.type
        if wanted is None or wanted.path != self.handler.path:
            return "its type is named in another file"
        if any(isinstance(item, Call | Lambda | Other) for item in subexpressions(wanted.expr)):
            return "its type is not written as an annotation would be"
        module = self.project.modules[wanted.path]
        is_late = any(item.module == "__future__" and item.name == "annotations" for item in module.imports)
        definitions: list[Class | Attribute] = [*module.classes, *module.assignments]
        for root in (item.name.partition(".")[0] for item in subexpressions(wanted.expr) if isinstance(item, Ref)):
            if root in self.function.bound or (wanted.scope != self.function.qualname and wanted.scope):
                return f"{root} is known within a function only"
            known = self.project.resolve(wanted.path, root, self.function.parent)
            if isinstance(known, Local) and known.path == wanted.path and "." in known.qualname:
                return f"{root} means something else in the class"
            below = [item for item in definitions if item.name == root and item.span > self.function.span]
            if below and not is_late:
                return f"{root} is defined below the handler"
        return ""

    def _of_layers(self) -> str:
        for route in self.project.layers.served(self.handler):
            dto, own = route.data_dto(), self.handler.layer
            if dto.value is not None and not dto.is_none:
                owner = dto.layer.name if dto.layer is not None and dto.layer is not own else "the handler"
                return f"the DTO of {owner} would apply to data"
            inner = [layer for layer in route.layers if layer.kind != "application"]
            is_alone = bool(self.function.owner) and not any(layer.kind == "controller" for layer in inner)
            if not dto.known and (is_alone or not all(layer.complete for layer in inner)):
                return "a DTO may apply to data"
            for provider in route.used_dependencies().values():
                function = self.project.function(provider.target)
                if function is not None and any(param.name == DATA for param in function.params):
                    return f"{function.name} takes data, too"
            for entry in route.merged("exception_handlers").entries:
                name = self.project.external(entry.key.path, entry.key.expr, entry.key.scope)
                builtin = f"builtins.{show(entry.key.expr)}"
                if name in ERRORS or builtin in ERRORS:
                    return f"an exception handler answers {show(entry.key.expr)}"
        return ""

    def _of_users(self) -> str:
        called = f"{self.function.name}.fn"
        for path in self.project.words.readers("fn"):
            module = self.project.modules[path]
            names = [*module.names, *[name for function in module.functions for name in function.names]]
            if any(f".{name}".endswith(f".{called}") for name in names):
                return f"{called} is called, too"
        return ""


def _mentions(expr: object, name: str) -> bool:
    match expr:
        case Ref(name=text):
            return text.partition(".")[0] == name
        case Other(text=text):
            return name in re.findall(r"\w+", text)
    return False


def _is_assertion(stmt: object) -> bool:
    return isinstance(stmt, Plain) and stmt.kind == "assert"


def _is_given_request(call: Call) -> bool:
    given = (*call.args, *[keyword.value for keyword in call.keywords])
    return any(_mentions(inner, REQUEST) for item in given for inner in subexpressions(item))


def _is_content_type(item: Occurrence) -> bool:
    return isinstance(item.expr, Const) and str(item.expr.value).lower() == "content-type"
