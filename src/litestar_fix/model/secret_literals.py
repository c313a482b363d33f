"""Where secrets are written in code: constants, fields, arguments, defaults of environment variables, URLs.

Names are those of `secrets.is_credential`, texts are judged by `secret_values`. A guessable text counts only where the
place says that it is the secret: in a constant or a field, as the default of an environment variable, and as an
argument that is known to be one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Attribute,
    Call,
    Class,
    Const,
    Do,
    Expr,
    Function,
    Lambda,
    Module,
    Op,
    Other,
    Ref,
    Span,
    Sub,
)
from litestar_fix.model.project import Local, Located, Project
from litestar_fix.model.roles import Role
from litestar_fix.model.secret_values import Strength, is_placeholder, strength, url_password
from litestar_fix.model.secrets import MASKED_TYPES, is_credential
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.walk import children, own_expressions, statements

_UNJUDGED = frozenset({Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION})
#: What the bytes of encoded facts hold where there is a secret: most functions need not be decoded.
_HINTS = (
    *(b"passw", b"passphrase", b"pwd", b"_pass", b"secret", b"token", b"credential", b"pepper", b"://"),
    *(b"_key", b"apikey", b"api-key", b"authkey", b"privatekey", b"accesskey", b"signingkey", b"encryptionkey"),
)
#: Library objects -> the place and name of the argument that is a secret.
_PARAMETERS = {
    "litestar.config.csrf.CSRFConfig": (0, "secret"),
    "litestar.middleware.session.client_side.CookieBackendConfig": (0, "secret"),
    "jwt.encode": (1, "key"),
    "jwt.decode": (1, "key"),
    "jose.jwt.encode": (1, "key"),
    "jose.jwt.decode": (1, "key"),
    "hmac.new": (0, "key"),
    "cryptography.fernet.Fernet": (0, "key"),
    "itsdangerous.Signer": (0, "secret_key"),
    "itsdangerous.TimestampSigner": (0, "secret_key"),
    "itsdangerous.URLSafeSerializer": (0, "secret_key"),
    "itsdangerous.URLSafeTimedSerializer": (0, "secret_key"),
}
#: The secret of Litestar's JWT backends, which are called as ``JWTAuth[User](...)``.
_TOKEN_SECRET = "token_secret"
_ENVIRONMENT = frozenset({"env", "getenv", "environ", "environment"})
_FIELDS = frozenset({"Field", "field"})
_SAMPLES = frozenset({"example", "examples", "openapi_examples", "json_schema_extra"})
_UNREAL = re.compile(r"(?:.*[._])?(?:mock|fake|dummy|stub|test|sample|example|seed)s?", re.IGNORECASE)
_TEXTS = frozenset({"encode", "strip"})


class Place(StrEnum):
    """What a secret is written as."""

    NAME = "name"  #: of a variable, field or parameter
    ARGUMENT = "argument"
    ENVIRONMENT = "environment"  #: the default of an environment variable
    URL = "url"


class SecretLiteral(msgspec.Struct, frozen=True):
    """A secret in the code.

    Args:
        path, scope, expr: the literal.
        place: what it is written as.
        name: of what holds it; for a URL, its scheme.
        strength: what it is worth.
        host: of a URL.
    """

    path: str
    scope: str
    expr: Expr
    place: Place
    name: str
    strength: Strength
    host: str = ""

    @property
    def span(self) -> Span:
        """The literal."""
        return self.expr.span


def secret_literals(project: Project) -> Iterator[SecretLiteral]:
    """Yield the secrets in the code of a project, each once; tests, examples and documentation left out."""
    found: dict[tuple[str, Span], SecretLiteral] = {}
    for literal in _literals(project):
        found.setdefault((literal.path, literal.span), literal)
    yield from found.values()


def _literals(project: Project) -> Iterator[SecretLiteral]:
    for site, name in _known_arguments(project):
        yield from _of_argument(project, site, name)
    for module in project.modules.values():
        if project.role(module.path) not in _UNJUDGED and not _is_unreal(module.path.removesuffix(".py")):
            yield from _Reader(project, module).read()


def _may_hold(*parts: msgspec.Raw) -> bool:
    # many searches for one word are ten times faster than one for a pattern of them
    text = b"".join(map(bytes, parts)).lower()
    for hint in _HINTS:  # noqa: SIM110 (any() with a generator takes twice as long)
        if hint in text:
            return True
    return False


def _is_unreal(name: str) -> bool:
    """Whether a name says that what has it stands in for the real thing: ``MockMailer``, ``seed_users``."""
    last = name.rpartition("/")[2]
    return any(_UNREAL.fullmatch(word) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", last))


# ---------------------------------------------------------------------------------------------------- known arguments
def _known_arguments(project: Project) -> Iterator[tuple[CallSite, str]]:
    for site in calls_of(project, *_PARAMETERS):
        name = project.external(site.path, site.call, site.scope)
        index, keyword = _PARAMETERS[name]
        given = site.call.keyword(keyword)
        if given is None and len(site.call.args) > index and not site.call.has_unpacking:
            given = site.call.args[index]
        if given is not None and project.role(site.path) not in _UNJUDGED:
            call = msgspec.structs.replace(site.call, args=(given,), keywords=())
            yield msgspec.structs.replace(site, call=call), f"{keyword} of {name.rpartition('.')[2]}"


def _of_argument(project: Project, site: CallSite, name: str) -> Iterator[SecretLiteral]:
    at = Located(site.path, site.scope, site.call.args[0])
    for expr in _texts_in(at.expr):
        if isinstance(expr, Ref):
            followed = value_of(project, Located(at.path, at.scope, expr))
            if followed is None or project.role(followed.path) in _UNJUDGED:
                continue
            for inner in _texts_in(followed.expr):
                yield from _known(followed.path, followed.scope, inner, expr.name.rpartition(".")[2])
        else:
            yield from _known(at.path, at.scope, expr, name)


def _known(path: str, scope: str, expr: Expr, name: str) -> Iterator[SecretLiteral]:
    """Judge a literal that is a secret, whatever it looks like; one that does not look like it can be guessed."""
    text = _text(expr)
    if text is not None and not is_placeholder(text) and "://" not in text:
        yield SecretLiteral(path, scope, expr, Place.ARGUMENT, name, strength(text) or Strength.WEAK)


# ---------------------------------------------------------------------------------------------------------- literals
def _texts_in(expr: Expr) -> Iterator[Expr]:
    """Yield the literals, and names, that a value may be: ``SecretStr("..")``, ``os.getenv("X") or ".."``."""
    match expr:
        case Const(value=str()) | Other() | Ref():
            yield expr
        case Op(op="or", operands=operands) | Op(op="if", operands=(_, *operands)):
            for operand in operands:
                yield from _texts_in(operand)
        case Lambda(body=body):
            yield from _texts_in(body)
        case Call(func=Attr(value=Const() as value, attr=attr)) if attr in _TEXTS:
            yield value
        case Call(func=Ref(name=name)) if name.rpartition(".")[2] in MASKED_TYPES and expr.args:
            yield from _texts_in(expr.args[0])
        case Call(func=Ref(name=name)) if name.rpartition(".")[2] in _FIELDS:
            given = expr.keyword("default") or expr.keyword("default_factory") or (expr.args[0] if expr.args else None)
            if given is not None:
                yield from _texts_in(given)


def _text(expr: Expr) -> str | None:
    """The text of a literal, of bytes as well."""
    match expr:
        case Const(value=str() as text):
            return text
        case Other(text=text) if text.startswith(("b'", 'b"')):
            value = ast.literal_eval(text)
            return value.decode("latin-1") if isinstance(value, bytes) else None
    return None


# ----------------------------------------------------------------------------------------------------------- modules
class _Reader:
    """Reads one module."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self.is_served = project.role(module.path) is not Role.SCRIPT

    def read(self) -> Iterator[SecretLiteral]:
        if _may_hold(self.module.raw_body):
            yield from self._body("", self.module.body)
        for class_ in self.module.classes:
            if not _is_unreal(class_.name) and not self._is_enumeration(class_):
                yield from self._class(class_)
        for function in self.module.functions:
            if _may_hold(function.raw_signature, function.raw_body) and not self._stands_in(function):
                yield from self._signature(function)
                yield from self._body(function.qualname, function.body)

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

    def _class(self, class_: Class) -> Iterator[SecretLiteral]:
        for item in class_.attributes:
            if item.value is not None:
                yield from self._named(class_.qualname, item.name, item.value, is_constant=True)
                yield from self._within(class_.qualname, item.value)

    def _signature(self, function: Function) -> Iterator[SecretLiteral]:
        for param in function.params:
            if param.default is not None:
                yield from self._named(function.parent, param.name, param.default, is_constant=False)
                yield from self._within(function.parent, param.default)
        for decorator in function.decorators:
            yield from self._within(function.parent, decorator)

    # ------------------------------------------------------------------------------------------------------- judging
    def _named(self, scope: str, name: str, value: Expr, *, is_constant: bool) -> Iterator[SecretLiteral]:
        if not name or not is_credential(name):
            return
        for expr in _texts_in(value):
            text = _text(expr)
            if text is not None and not (is_constant and _names_itself(name, text)):
                yield from self._judged(scope, expr, Place.NAME, name, may_be_weak=is_constant)

    def _judged(self, scope: str, expr: Expr, place: Place, name: str, *, may_be_weak: bool) -> Iterator[SecretLiteral]:
        found = strength(_text(expr) or "")
        if found is Strength.RANDOM or (found is Strength.WEAK and may_be_weak and self.is_served):
            yield SecretLiteral(self.module.path, scope, expr, place, name, found)

    def _within(self, scope: str, expr: Expr) -> Iterator[SecretLiteral]:
        match expr:
            case Const(value=str() as text) | Op(op="f", operands=(Const(value=str() as text), *_)):
                found = url_password(text) if "://" in text else None
                if found is not None:
                    yield SecretLiteral(
                        self.module.path, scope, expr, Place.URL, found.scheme, found.strength, found.host
                    )
                return
            case Call(func=Ref(name=name)) if name.rpartition(".")[2] == "Example":
                return
            case Call():
                yield from self._call(scope, expr)
                for keyword in expr.keywords:
                    if keyword.name not in _SAMPLES:
                        yield from self._within(scope, keyword.value)
                for argument in (expr.func, *expr.args):
                    yield from self._within(scope, argument)
                return
        for child in children(expr):
            yield from self._within(scope, child)

    def _call(self, scope: str, call: Call) -> Iterator[SecretLiteral]:
        variable = _variable_of(call)
        default = call.args[1] if len(call.args) > 1 else call.keyword("default")
        if variable and default is not None:
            for expr in _texts_in(default):
                yield from self._judged(scope, expr, Place.ENVIRONMENT, variable, may_be_weak=True)
        for keyword in call.keywords:
            if keyword.name == _TOKEN_SECRET:
                name = f"{keyword.name} of {_callee(call)}"
                site = CallSite(self.module.path, scope, Call(call.func, (keyword.value,), (), call.span))
                yield from _of_argument(self.project, site, name)
            elif keyword.name is not None and is_credential(keyword.name):
                for expr in _texts_in(keyword.value):
                    yield from self._judged(scope, expr, Place.ARGUMENT, keyword.name, may_be_weak=False)


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


def _variable_of(call: Call) -> str:
    """The environment variable that a call reads, '' where it is no credential, or no environment."""
    words = {word for part in call.callee.lower().split(".") for word in part.split("_")}
    match call.args:
        case (Const(value=str() as name), *_) if not words.isdisjoint(_ENVIRONMENT) and is_credential(name):
            return name
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
