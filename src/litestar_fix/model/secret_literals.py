"""Where secrets are written in code: constants, fields, arguments, defaults of environment variables, URLs.

Names are those of `secrets.is_credential`, texts are judged by `secret_values`. A guessable text counts only where the
place says that it is the secret: in a constant or a field, as the default of an environment variable, and as an
argument that is known to be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from litestar_fix.model.facts import (
    Assign,
    Attribute,
    Call,
    Class,
    Const,
    Do,
    Expr,
    Function,
    Module,
    Op,
    Ref,
    Span,
    Sub,
)
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.secret_arguments import (
    UNJUDGED,
    Place,
    SecretLiteral,
    known_arguments,
    of_argument,
    text_of,
    texts_in,
)
from litestar_fix.model.secret_values import Strength, strength, url_password
from litestar_fix.model.secrets import is_credential
from litestar_fix.model.sites import CallSite
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import children, own_expressions, statements

#: The secret of Litestar's JWT backends, which are called as ``JWTAuth[User](...)``.
_TOKEN_SECRET = "token_secret"
_ENVIRONMENT = frozenset({"env", "getenv", "environ", "environment"})
#: What all of these have in common, and what encoded facts hold where there is a URL.
_ENV, _SCHEME = "env", b"://"
_SAMPLES = frozenset({"example", "examples", "openapi_examples", "json_schema_extra"})
_UNREAL = regex(r"(?:.*[._])?(?:mock|fake|dummy|stub|test|sample|example|seed)s?", re.IGNORECASE)


def secret_literals(project: Project) -> Iterator[SecretLiteral]:
    """Yield the secrets in the code of a project, each once; tests, examples and documentation left out."""
    found: dict[tuple[str, Span], SecretLiteral] = {}
    for literal in _literals(project):
        found.setdefault((literal.path, literal.span), literal)
    yield from found.values()


def _literals(project: Project) -> Iterator[SecretLiteral]:
    for site, name in known_arguments(project):
        yield from of_argument(project, site, name)
    secrets = _Secrets(project)
    for module in project.modules.values():
        if project.role(module.path) not in UNJUDGED and not _is_unreal(module.path.removesuffix(".py")):
            yield from _Reader(project, module, secrets).read()


def _is_unreal(name: str) -> bool:
    """Whether a name says that what has it stands in for the real thing: ``MockMailer``, ``seed_users``."""
    last = name.rpartition("/")[2]
    return any(_UNREAL.fullmatch(word) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", last))


class _Secrets(dict[str, bool]):
    """Whether a name is that of a secret, worked out once for each."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._settings = project.settings

    def __missing__(self, name: str) -> bool:
        self[name] = found = is_credential(name) or self._settings.is_secret_name(name)
        return found


# ----------------------------------------------------------------------------------------------------------- modules
class _Reader:
    """Reads one module.

    Args:
        project, module: which.
        secrets: tells which names are those of secrets.
    """

    def __init__(self, project: Project, module: Module, secrets: _Secrets) -> None:
        self.project = project
        self.module = module
        self.is_served = project.role(module.path) is not Role.SCRIPT
        self._is_secret = secrets.__getitem__

    def read(self) -> Iterator[SecretLiteral]:
        module = self.module
        named = [item.name for item in module.assignments]
        is_told = self._is_told(module.names_text, module.labels_text.split(), named)
        if is_told or _SCHEME in module.raw_body:
            yield from self._body("", module.body)
        for class_ in module.classes:
            given = [(item.name, item.value) for item in class_.attributes if item.value is not None]
            if given and not _is_unreal(class_.name) and not self._is_enumeration(class_):
                yield from self._class(class_.qualname, given)
        told = {"": is_told}
        if self._may_tell():
            told |= {item.qualname: self._tells(item) for item in module.functions}
        for function in module.functions:
            is_told = told.get(function.qualname, False)
            if (is_told or told.get(_outer(function), False)) and not self._stands_in(function):
                yield from self._signature(function)
                if is_told:
                    yield from self._body(function.qualname, function.body)

    def _may_tell(self) -> bool:
        """Whether any function of the module may hold a secret."""
        functions = self.module.functions
        if self._secrets or _ENV in " ".join([function.calls_text for function in functions]).lower():
            return True
        raws = [raw for function in functions for raw in (function.raw_signature, function.raw_body)]
        return _SCHEME in b"".join(raws)

    def _tells(self, function: Function) -> bool:
        """Whether a function may hold a secret: most need not be decoded."""
        return (
            self._is_told(function.calls_text, function.labels_text.split(), function.bound)
            or _SCHEME in function.raw_body
            or _SCHEME in function.raw_signature
        )

    def _is_told(self, called: str, *named: Iterable[str]) -> bool:
        return _ENV in called.lower() or not all(map(self._secrets.isdisjoint, named))

    @cached_property
    def _secrets(self) -> frozenset[str]:
        """The names of secrets that anything in the module may have."""
        module = self.module
        texts = [module.labels_text, *[item.name for item in module.assignments]]
        for function in module.functions:
            texts += (function.labels_text, function.bound_text)
        return frozenset(filter(self._is_secret, set(" ".join(texts).split())))

    def _stands_in(self, function: Function) -> bool:
        return any(_is_unreal(part) for part in function.qualname.split("."))

    def _is_enumeration(self, class_: Class) -> bool:
        bases = self.project.ancestry(Local(self.module.path, class_.qualname)).externals
        return any(name.startswith("enum.") for name in bases)

    def _body(self, scope: str, body: Iterable[object]) -> Iterator[SecretLiteral]:
        for stmt in statements(body):  # type: ignore[arg-type]
            match stmt:
                case Do(value=Const()):  # a docstring
                    continue
                case Assign(targets=targets, value=value, op="=") if value is not None:
                    for target in targets:
                        yield from self._named(scope, _name_of(target), value, is_constant=not scope)
            for expr in own_expressions(stmt):
                yield from self._within(scope, expr)

    def _class(self, scope: str, given: Iterable[tuple[str, Expr]]) -> Iterator[SecretLiteral]:
        for name, value in given:
            if self._is_secret(name):
                yield from self._named(scope, name, value, is_constant=True)
            if not _is_no_text(value):
                yield from self._within(scope, value)

    def _signature(self, function: Function) -> Iterator[SecretLiteral]:
        for param in function.params:
            if param.default is not None:
                yield from self._named(function.parent, param.name, param.default, is_constant=False)
                yield from self._within(function.parent, param.default)
        for decorator in function.decorators:
            yield from self._within(function.parent, decorator)

    # ------------------------------------------------------------------------------------------------------- judging
    def _named(self, scope: str, name: str, value: Expr, *, is_constant: bool) -> Iterator[SecretLiteral]:
        if not name or not self._is_secret(name):
            return
        for expr in texts_in(value):
            text = text_of(expr)
            if text is not None and not (is_constant and _names_itself(name, text)):
                yield from self._judged(scope, expr, Place.NAME, name, may_be_weak=is_constant)

    def _judged(self, scope: str, expr: Expr, place: Place, name: str, *, may_be_weak: bool) -> Iterator[SecretLiteral]:
        found = strength(text_of(expr) or "")
        if found is Strength.RANDOM or (found is Strength.WEAK and may_be_weak and self.is_served):
            yield SecretLiteral(self.module.path, scope, expr, place, name, found)

    def _within(self, scope: str, root: Expr) -> Iterator[SecretLiteral]:
        todo = [root]
        while todo:
            expr = todo.pop()
            if _is_no_text(expr):  # most of them
                continue
            match expr:
                case Const(value=str() as text) | Op(op="f", operands=(Const(value=str() as text), *_)):
                    found = url_password(text) if "://" in text else None
                    if found is not None:
                        yield SecretLiteral(
                            self.module.path, scope, expr, Place.URL, found.scheme, found.strength, found.host
                        )
                case Call(func=Ref(name=name)) if _is_of_a_sample(name.rpartition(".")[2]):
                    pass
                case Call():
                    yield from self._call(scope, expr)
                    values = [keyword.value for keyword in expr.keywords if keyword.name not in _SAMPLES]
                    todo += reversed((*values, expr.func, *expr.args))
                case _:
                    todo += reversed(children(expr))

    def _call(self, scope: str, call: Call) -> Iterator[SecretLiteral]:
        variable = self._variable_of(call)
        default = call.args[1] if len(call.args) > 1 else call.keyword("default")
        if variable and default is not None:
            for expr in texts_in(default):
                yield from self._judged(scope, expr, Place.ENVIRONMENT, variable, may_be_weak=True)
        for keyword in call.keywords:
            if keyword.name == _TOKEN_SECRET:
                name = f"{keyword.name} of {_callee(call)}"
                site = CallSite(self.module.path, scope, Call(call.func, (keyword.value,), (), call.span))
                yield from of_argument(self.project, site, name)
            elif keyword.name is not None and self._is_secret(keyword.name):
                for expr in texts_in(keyword.value):
                    yield from self._judged(scope, expr, Place.ARGUMENT, keyword.name, may_be_weak=False)

    def _variable_of(self, call: Call) -> str:
        """The environment variable that a call reads, '' where it is no credential, or no environment."""
        words = {word for part in call.callee.lower().split(".") for word in part.split("_")}
        match call.args:
            case (Const(value=str() as name), *_) if not words.isdisjoint(_ENVIRONMENT) and self._is_secret(name):
                return name
        return ""


def _is_of_a_sample(called: str) -> bool:
    """Whether a call makes what stands in for the real thing: ``Example(..)``, ``TestAccount(secret_key=..)``."""
    return called[:1].isupper() and _is_unreal(called)


def _is_no_text(expr: Expr) -> bool:
    return type(expr) is Ref or (type(expr) is Const and type(expr.value) is not str)


def _outer(function: Function) -> str:
    """The function whose names the decorators and defaults of another one are looked up in, '' for the module."""
    return function.qualname.rpartition(".<locals>.")[0]


def _callee(call: Call) -> str:
    func = call.func.value if isinstance(call.func, Sub) else call.func
    return func.name.rpartition(".")[2] if isinstance(func, Ref) else "a call"


def _name_of(target: Expr) -> str:
    """The name that is assigned: of a variable, an attribute, or a key, as in ``config["SECRET_KEY"] = ..``."""
    match target:
        case Ref(name=name):
            return name.rpartition(".")[2]
        case Sub(index=Const(value=str() as key)):
            return key
    return ""


def _names_itself(name: str, text: str) -> bool:
    """Whether a text is what its constant is called, or the end of that: ``GRANT_PASSWORD = "password"``."""
    return f"_{re.sub(r'[^a-z]', '_', name.lower())}".endswith(f"_{re.sub(r'[^a-z]', '_', text.lower())}")


def declared_as(project: Project, literal: SecretLiteral) -> tuple[Class | None, Attribute] | None:
    """Return the module-level name or class attribute whose value a literal is, or is part of."""
    module = project.modules[literal.path]
    for item in module.assignments:
        if item.value is not None and item.value.span.contains(literal.span):
            return None, item
    for class_ in module.classes:
        for item in class_.attributes:
            if item.value is not None and item.value.span.contains(literal.span):
                return class_, item
    return None
