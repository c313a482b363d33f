"""LSF703 hardcoded-secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.facts import Attribute, Call, Class, Const, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.secret_arguments import Place, SecretLiteral
from litestar_fix.model.secret_literals import declared_as, secret_literals
from litestar_fix.model.secret_values import Strength
from litestar_fix.model.symbols import Local

_SETTINGS = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"})


class Constant(msgspec.Struct, frozen=True):
    """A module-level constant that is to be read from the environment: its literal, and the variable."""

    path: str
    literal: Span
    variable: str


class Default(msgspec.Struct, frozen=True):
    """A field of settings that is to lose its default.

    Args:
        path: its file.
        field: the whole declaration.
        call: the call that describes the field and stays, None where the default is all there is.
        argument: the place of the default among its arguments.
    """

    path: str
    field: Span
    call: Span | None
    argument: int


class HardcodedSecret(practice.PracticeRule):
    """A password, key or token is written in the code.

    ## Why

    Whoever reads the repository, its history, an image or a stack trace has it, and it cannot be changed without a
    release. Taking it out of the code does not help: it has to be rotated, because the history keeps it.

    ## What is looked at

    Names that end like those of credentials (`password`, `secret`, `token`, `api_key`, `private_key` ...), and those of
    `extend-secret-names`: constants, variables, fields, defaults of parameters and of environment variables, keyword
    arguments. Arguments that are secrets whatever they look like: of `CSRFConfig`, `CookieBackendConfig`, Litestar's
    JWT backends, `jwt.encode`, `hmac.new`, `Fernet`. URLs with a password in them. Entries of dict displays are not
    looked at.

    ## When it is quiet

    Texts that consist of words: names of environment variables and of headers, paths, prose, kinds of tokens.
    Placeholders (`change-me`, `<token>`, `xxx`), hashes of passwords, what a constant calls itself. URLs of localhost,
    and those of a service in the same network with a password that is no secret. Enumerations, aliases of fields,
    examples for the schema; modules, functions and classes with `test`, `mock`, `fake` or `example` in their names,
    and what calls of such classes are given; tests, examples, documentation.

    ## Severity

    Critical where the text is random, so that it is likely to be in use. Medium where it is a password that everybody
    guesses, or a guessable text in the place of a secret; in scripts, in local variables and as arguments of calls that
    are not known, those are not reported.

    ## Fix safety

    Unsafe: the application needs the environment variable from then on, and does not start without it; `--verify`
    therefore takes the fix back unless the variable is set. A string constant of a module becomes
    `os.environ["NAME"]`, a field of a `BaseSettings` class loses its default. Refused where the constant is assigned
    more than once, or only under a condition. Arguments, URLs, bytes and defaults of environment variables are only
    reported. Rotate the secret, whatever you do.

    No report shows the secret: where its line is shown, for whichever rule, its characters are stars, and so they are
    in the layer tree, in contracts, in the diff at a terminal and in that of the JSON report. Texts that look random
    are stars even where this rule is switched off. Only the patch that `--dry-run` writes into a pipe has the lines as
    they are, because `git apply` needs them; a note on standard error says so. What `undo` puts back is kept outside of
    the tree, for the user alone.

    ## Source

    `litestar/config/csrf.py`, `litestar/security/jwt/auth.py`, `litestar/middleware/session/client_side.py`,
    Litestar 2.25; https://owasp.org/www-community/vulnerabilities/Use_of_hard-coded_password.
    """

    code = "LSF703"
    name = "hardcoded-secret"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.UNSAFE
    cost = 36
    guide = "7: search for hardcoded passwords, API keys, or secrets; checklist: Hardcoded secrets"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            import os

            SECRET_KEY = os.environ["SECRET_KEY"]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            SECRET_KEY = "9f1Lq7Zt0sXw3Vb5"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the secrets, each where it is written."""
        for literal in secret_literals(project):
            declared = declared_as(project, literal)
            fix = _fix(project, literal, *declared) if declared is not None else None
            yield cls.finding(
                literal.path,
                literal.span,
                _message(literal, declared),
                severity=practice.Severity.MEDIUM if literal.strength is Strength.WEAK else practice.Severity.CRITICAL,
                applicability=practice.Applicability.NONE if fix is None else practice.Applicability.UNSAFE,
                refusal=_why_it_stays(project, literal, *declared) if fix is not None and declared is not None else "",
                data=fix,
                is_secret=True,
            )


def _message(literal: SecretLiteral, declared: tuple[Class | None, Attribute] | None) -> str:
    class_ = declared[0] if declared is not None else None
    secret = "a secret that everybody guesses" if literal.strength is Strength.WEAK else "a secret"
    match literal.place:
        case Place.URL:
            return (
                f"the {literal.name}:// URL holds the password of {literal.host or 'its host'}, written in the code; "
                "read it from the environment and rotate the password"
            )
        case Place.ENVIRONMENT:
            return (
                f"{literal.name} falls back to {secret}, written in the code; "
                "leave the default out and rotate the secret"
            )
        case Place.ARGUMENT if declared is None:
            return f"{literal.name} is {secret}, written in the code; read it from the environment and rotate it"
        case _ if class_ is not None:
            return (
                f"{literal.name} of {class_.name} is {secret}, written in the code; "
                "read it from the environment and rotate it"
            )
    return f"{literal.name} is {secret}, written in the code; read it from the environment and rotate it"


# ---------------------------------------------------------------------------------------------------------------- fix
def _fix(
    project: Project, literal: SecretLiteral, class_: Class | None, attribute: Attribute
) -> Constant | Default | None:
    """Return what the codemod is to do; None where there is nothing that it could do."""
    if literal.place in (Place.URL, Place.ENVIRONMENT) or not isinstance(literal.expr, Const):
        return None
    value = attribute.value
    if class_ is None:
        is_all = value is not None and value.span == literal.span
        return Constant(literal.path, literal.span, attribute.name.strip("_").upper()) if is_all else None
    is_settings = not _SETTINGS.isdisjoint(project.ancestry(Local(literal.path, class_.qualname)).externals)
    if not is_settings or attribute.annotation is None:
        return None
    match value:
        case Const():
            return Default(literal.path, attribute.span, None, 0)
        case Call(func=Ref(name="Field" | "pydantic.Field")) if not value.has_unpacking:
            return _field_default(literal, attribute, value)
        case Call(args=(Const(),), keywords=()):
            return Default(literal.path, attribute.span, None, 0)
    return None


def _field_default(literal: SecretLiteral, attribute: Attribute, call: Call) -> Default | None:
    given = [*call.args, *[keyword.value for keyword in call.keywords if keyword.name != "default_factory"]]
    at = next((index for index, value in enumerate(given) if value.span.contains(literal.span)), None)
    if at is None or len(given) < len(call.args) + len(call.keywords):
        return None
    return Default(literal.path, attribute.span, call.span if len(given) > 1 else None, at)


def _why_it_stays(project: Project, literal: SecretLiteral, class_: Class | None, attribute: Attribute) -> str:
    if class_ is not None:
        again = [item for item in class_.attributes if item.name == attribute.name]
    else:
        again = project.table(literal.path).assignments[attribute.name]
    if len(again) > 1:
        return f"{attribute.name} is assigned {len(again)} times"
    return f"{attribute.name} is assigned under a condition" if attribute.conditional else ""
