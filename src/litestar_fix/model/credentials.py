"""Where code reads what clients show to say who they are: the Authorization header, and tokens that it decodes.

Source: ``litestar/connection/base.py``, ``litestar/params.py`` and ``litestar/security/jwt/token.py``, Litestar 2.25;
the documentation of PyJWT, python-jose, Authlib and joserfc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

import msgspec

from litestar_fix.model.denials import denies
from litestar_fix.model.facts import Assign, Attr, Call, Const, Expr, Function, Op, Ref, Span, Sub
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions, statements, subexpressions

_AUTHORIZATION = "authorization"
_MAPPINGS = ("headers", "cookies")
_DECODERS = regex(
    r"(?:jwt|jose\.jwt|joserfc\.jwt|authlib\.jose\.jwt|jwt\.(?:api_jwt\.)?PyJWT|authlib\.jose\.JsonWebToken"
    r"|litestar\.(?:security|contrib)\.jwt(?:\.token)?\.Token)"
    r"\.(?:decode|decode_complete|decode_payload|get_unverified_claims)"
)
_LIBRARIES = ("jwt", "jose", "joserfc", "authlib", "Token")
#: Methods of texts by which a token is taken out of a header.
_PARSING = frozenset({"split", "rsplit", "partition", "removeprefix", "startswith", "replace", "lower"})
#: Cookies and headers that are no credentials, though their value may be signed.
_NO_CREDENTIAL = regex(r"state|csrf|xsrf|nonce|flash|locale|theme", re.IGNORECASE)

# What Litestar, and plugins for it, authenticate with.
_BACKENDS = (
    *("AbstractAuthenticationMiddleware", "AbstractSecurityConfig", "BaseJWTAuth", "JWTAuth", "JWTCookieAuth"),
    *("JWTAuthenticationMiddleware", "JWTCookieAuthenticationMiddleware", "OAuth2PasswordBearerAuth"),
    *("SessionAuth", "SessionAuthMiddleware", "LitestarUsers", "LitestarUsersPlugin"),
)
_PLUGINS = regex(r"litestar_\w*(?:auth|users|security|keycloak)\w*")


class Credential(msgspec.Struct, frozen=True):
    """A header or a cookie that a function reads.

    Args:
        kind: 'header' or 'cookie'.
        key: its name.
        span: where it is read, or declared.
        expr: how it is read; None for a parameter.
        variable: the parameter; '' where it is read of a connection.
    """

    kind: str
    key: str
    span: Span
    expr: Expr | None
    variable: str = ""

    @property
    def is_authorization(self) -> bool:
        """Whether it is the header that exists for the purpose."""
        return self.kind == "header" and self.key.lower() == _AUTHORIZATION

    @property
    def text(self) -> str:
        """How it is called."""
        return "the Authorization header" if self.is_authorization else f"the {self.kind} {self.key}"


class Authentication(msgspec.Struct, frozen=True):
    """A function that finds out itself who the client is: by which credential, and which function decodes it, if any.

    ``decoder`` is how the function that it calls is written.
    """

    credential: Credential
    decoder: str


def authentication(project: Project, symbol: Local, function: Function) -> Authentication | None:
    """Return how a function authenticates the client itself, None where it does not."""
    found = [item for item in _credentials(project, symbol, function) if not _NO_CREDENTIAL.search(item.key)]
    if not found:
        return None
    decoder = _decoder(project, symbol)
    for item in sorted(found, key=lambda item: not item.is_authorization):
        names = _names_of(function, item)
        if decoder and _gives(function, decoder, item, names):
            return Authentication(item, decoder)
        if item.is_authorization and (_parses(function, item, names) or denies(project, symbol, function.body)):
            return Authentication(item, "")
    return None


def _decoder(project: Project, symbol: Local) -> str:
    """What a function calls that decodes a JWT, as written; '' where there is nothing."""
    if not any(project.words.readers(name) for name in _LIBRARIES):
        return ""
    path = project.callgraph.path_to(symbol, lambda name: _DECODERS.fullmatch(name) is not None, into_async=True)
    return path[0].name if path is not None else ""


def backends(project: Project) -> frozenset[str]:
    """Return the modules in which anything may authenticate clients for all handlers; tests do not count."""
    named = {path for name in _BACKENDS for path in project.words.readers(name)}
    plugins = {
        module.path
        for module in project.modules.values()
        if any(_PLUGINS.fullmatch(item.module.partition(".")[0]) for item in module.imports)
    }
    found = named | plugins | set(_setting_user(project))
    return frozenset(path for path in found if project.role(path) is not Role.TEST)


def _setting_user(project: Project) -> Iterator[str]:
    """Yield the modules whose functions set the user of a connection, as middleware does."""
    for path in project.words.readers("scope"):
        for function in project.modules[path].functions:
            if "scope" in function.names_text:
                assigned = [stmt for stmt in statements(function.body) if isinstance(stmt, Assign)]
                if any(_is_user(target) for stmt in assigned for target in stmt.targets):
                    yield path


def _is_user(target: Expr) -> bool:
    match target:
        case Sub(value=Ref(name=name), index=Const(value="user" | "auth")):
            return name.rpartition(".")[2] == "scope"
    return False


# --------------------------------------------------------------------------------------------------------------- reads
def _credentials(project: Project, symbol: Local, function: Function) -> Iterator[Credential]:
    names = {param.name for param in function.params}
    if any(f".{mapping}" in function.names_text or mapping in names for mapping in _MAPPINGS):
        for expr in expressions(function.body):
            found = _read(expr)
            if found is not None and found[0].partition(".")[0] in names:
                yield Credential(found[1], found[2], expr.span, expr)
    for param in function.params:
        for root in (param.annotation, param.default):
            for expr in subexpressions(root) if root is not None else ():
                declared = _declared(project, symbol.path, function.parent, expr)
                if declared is not None:
                    yield Credential(*declared, param.span, None, param.name)


def _read(expr: Expr) -> tuple[str, str, str] | None:
    """What is read of, 'header' or 'cookie', and its name: ``request.headers.get("Authorization")``."""
    match expr:
        case Call(func=Ref(name=name), args=(Const(value=str(key)), *_)) if name.endswith(".get"):
            owner = name.removesuffix(".get")
        case Sub(value=Ref(name=owner), index=Const(value=str(key))):
            pass
        case _:
            return None
    mapping = owner.rpartition(".")[2]
    return (owner, mapping.removesuffix("s"), key) if mapping in _MAPPINGS else None


def _declared(project: Project, path: str, scope: str, expr: Expr) -> tuple[str, str] | None:
    """The header or cookie that a parameter is declared to be."""
    if not isinstance(expr, Call):
        return None
    name = project.external(path, expr, scope)
    if not name.startswith("litestar.params."):
        return None
    for kind in ("header", "cookie"):
        value = expr.keyword("name" if name.endswith(f".{kind.title()}Parameter") else kind)
        if isinstance(value, Const) and isinstance(value.value, str):
            return kind, value.value
    return None


# ------------------------------------------------------------------------------------------------------------- parsing
def _names_of(function: Function, credential: Credential) -> frozenset[str]:
    """The names that stand for a credential, or for something that was made of it."""
    names = {credential.variable} if credential.variable else set()
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=targets, value=value) if value is not None and _mentions(value, names, credential):
                bound = (expr for target in targets for expr in subexpressions(target))
                names.update(expr.name for expr in bound if isinstance(expr, Ref))
    return frozenset(names)


def _mentions(root: Expr, names: Set[str], credential: Credential) -> bool:
    return any(_is_it(expr, names, credential) for expr in subexpressions(root))


def _is_it(expr: Expr, names: Set[str], credential: Credential) -> bool:
    return (isinstance(expr, Ref) and expr.name.partition(".")[0] in names) or expr == credential.expr


def _gives(function: Function, callee: str, credential: Credential, names: Set[str]) -> bool:
    """Whether a function calls another one with a credential."""
    calls = (expr for expr in expressions(function.body) if isinstance(expr, Call) and expr.callee == callee)
    given = (value for call in calls for value in (*call.args, *[keyword.value for keyword in call.keywords]))
    return any(_mentions(value, names, credential) for value in given)


def _parses(function: Function, credential: Credential, names: Set[str]) -> bool:
    """Whether a function takes a header apart, or compares it."""
    for expr in expressions(function.body):
        match expr:
            case Call(func=Ref(name=name)) if name.partition(".")[2] in _PARSING and name.partition(".")[0] in names:
                return True
            case Call(func=Attr(value=value, attr=attr)) if attr in _PARSING and _mentions(value, names, credential):
                return True
            case Op(op="==" | "!=" | "in" | "not in", operands=operands):
                if any(_is_it(item, names, credential) for item in operands):
                    return True
            case Sub(value=value) if expr != credential.expr and _is_it(value, names, credential):
                return True
    return False
