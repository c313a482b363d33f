"""Literals that are secrets, and the arguments that are secrets whatever they look like."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Attr, Call, Const, Expr, Lambda, Op, Other, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.secret_values import Strength, is_placeholder, strength
from litestar_fix.model.secrets import MASKED_TYPES
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.symbols import Located

#: Where secrets are not meant.
UNJUDGED = frozenset({Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION})
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
_FIELDS = frozenset({"Field", "field"})
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


# ---------------------------------------------------------------------------------------------------- known arguments
def known_arguments(project: Project) -> Iterator[tuple[CallSite, str]]:
    """Yield the calls whose only argument here is a secret, and what that is called."""
    for site in calls_of(project, *_PARAMETERS):
        name = project.external(site.path, site.call, site.scope)
        index, keyword = _PARAMETERS[name]
        given = site.call.keyword(keyword)
        if given is None and len(site.call.args) > index and not site.call.has_unpacking:
            given = site.call.args[index]
        if given is not None and project.role(site.path) not in UNJUDGED:
            call = msgspec.structs.replace(site.call, args=(given,), keywords=())
            yield msgspec.structs.replace(site, call=call), f"{keyword} of {name.rpartition('.')[2]}"


def of_argument(project: Project, site: CallSite, name: str) -> Iterator[SecretLiteral]:
    """Yield the literals that an argument is, or that its name stands for."""
    at = Located(site.path, site.scope, site.call.args[0])
    for expr in texts_in(at.expr):
        if isinstance(expr, Ref):
            followed = value_of(project, Located(at.path, at.scope, expr))
            if followed is None or project.role(followed.path) in UNJUDGED:
                continue
            for inner in texts_in(followed.expr):
                yield from _known(followed.path, followed.scope, inner, expr.name.rpartition(".")[2])
        else:
            yield from _known(at.path, at.scope, expr, name)


def _known(path: str, scope: str, expr: Expr, name: str) -> Iterator[SecretLiteral]:
    """Judge a literal that is a secret, whatever it looks like; one that does not look like it can be guessed."""
    text = text_of(expr)
    if text is not None and not is_placeholder(text) and "://" not in text:
        yield SecretLiteral(path, scope, expr, Place.ARGUMENT, name, strength(text) or Strength.WEAK)


# ---------------------------------------------------------------------------------------------------------- literals
def texts_in(expr: Expr) -> Iterator[Expr]:
    """Yield the literals, and names, that a value may be: ``SecretStr("..")``, ``os.getenv("X") or ".."``."""
    match expr:
        case Const(value=str()) | Other() | Ref():
            yield expr
        case Op(op="or", operands=operands) | Op(op="if", operands=(_, *operands)):
            for operand in operands:
                yield from texts_in(operand)
        case Lambda(body=body):
            yield from texts_in(body)
        case Call(func=Attr(value=Const() as value, attr=attr)) if attr in _TEXTS:
            yield value
        case Call(func=Ref(name=name)) if name.rpartition(".")[2] in MASKED_TYPES and expr.args:
            yield from texts_in(expr.args[0])
        case Call(func=Ref(name=name)) if name.rpartition(".")[2] in _FIELDS:
            given = expr.keyword("default") or expr.keyword("default_factory") or (expr.args[0] if expr.args else None)
            if given is not None:
                yield from texts_in(given)


def text_of(expr: Expr) -> str | None:
    """The text of a literal, of bytes as well."""
    match expr:
        case Const(value=str() as text):
            return text
        case Other(text=text) if text.startswith(("b'", 'b"')):
            value = ast.literal_eval(text)
            return value.decode("latin-1") if isinstance(value, bytes) else None
    return None
