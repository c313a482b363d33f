"""Names and fields that hold a secret, told from those that only say something about one.

`has_password: bool` and `password_set_at: datetime` tell about a password; a SecretStr is masked when it is sent.
"""

from __future__ import annotations

import re
from functools import lru_cache

from litestar_fix.model.annotations import Held, held
from litestar_fix.model.facts import Call, Ref
from litestar_fix.model.layers import Handler
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind
from litestar_fix.model.transfers import Sent
from litestar_fix.model.walk import subexpressions

_TELLING = frozenset(
    [
        *["builtins.bool", "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta"],
        *["None", "typing.Literal", "typing_extensions.Literal", "msgspec.UnsetType"],
        *["sqlalchemy.Boolean", "sqlalchemy.DateTime", "sqlalchemy.Date", "sqlalchemy.Interval"],
    ]
)
_NUMBERS = frozenset(
    ["builtins.int", "builtins.float", "decimal.Decimal", "sqlalchemy.Integer", "sqlalchemy.BigInteger"]
)
#: Types that show nothing of what they hold, by their last name.
MASKED_TYPES = frozenset({"SecretStr", "SecretBytes", "SecretString", "Secret"})
# names that tell what there is to know about a secret
_ABOUT = regex(
    r"(?:has|is|needs|requires|masked|redacted)_.*"
    r"|.*_(?:policy|rules|requirements|strength|status|state|algorithm|type|expiry|label|placeholder|version|length)"
)
_NOTHING = frozenset({"None", "msgspec.UnsetType"})

#: How the names of credentials end; a response may hold more that is private than code may.
_CREDENTIAL = regex(
    r"(?:\w+_)?(?:passw(?:or)?d|pwd|passphrase|secret|token|credentials?|api_?key|(?:auth|encryption|private|secret)_?key"
    r"|(?:access|aes|cipher|fernet|hmac|jwt|master|session|signing)_key|pepper)"
    r"|(?:\w+_)?(?:admin|auth|db|database|email|ftp|ldap|mail\w*|mongo|mysql|pg|postgres|rabbit\w*|redis|smtp|user)_pass"
)
_HINT = regex(r"pass|pwd|secret|token|credential|key|pepper", re.IGNORECASE)
#: Names that say of themselves that nothing depends on it, and tokens that are no credentials.
_NO_CREDENTIAL = regex(
    r"(?:\w+_)?(?:dummy|example|fake|masked|mock|placeholder|public|redacted|sample|test|wrong|invalid)_\w+"
    r"|(?:\w+_)?(?:next|page|cursor|continuation|sync|start|end|stop|eos|bos|pad|unk|mask|sep|cls|special)_token"
)
_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_TOKENS = regex(r"(?:.*_)?(?:token|jwt)")
_NOT_ISSUED = frozenset({"reset_token", "password_reset_token"})
_ISSUING = regex(
    r"log_?[io]n|sign_?in|sign_?up|authenticat|token|refresh|regist|oauth|jwt|impersonat|exchange|callback|(?:^|_)sso(?:_|$)"
)
# the controller of that, and none of the accounts or clients that came of it
_SIGNING_IN = regex(r"(?:O[Aa]uth\d?|SSO|Sso)(?:Flow|Login|Callback)?(?:Api|API|Routes?)?(?:Controller)?$")
_ISSUED = regex(r"token|jwt|login|signin", re.IGNORECASE)
#: Models whose `token` is a word of a language, which lets nobody in: GrammarToken, LexerTokenOut.
_LANGUAGES = regex(r"(?:grammar|lexer|lexical|syntax|parser|vocabulary)_?token", re.IGNORECASE)
#: What is made with a salt, and is a secret beside it.
_SALTED = regex(r"hash|passw|pwd|digest|verifier|secret", re.IGNORECASE)
_SECOND_FACTOR = regex(r"mfa|totp|otp|2fa|two_?factor|second_?factor", re.IGNORECASE)
_FACTORS = frozenset({"secret", "secret_key", "totp_secret", "otp_secret", "recovery_codes", "backup_codes"})
_MAKING = regex(r"creat|generat|rotat|issu|mint|renew|new_|add_")
# things that are good for nothing without their token, so that whoever makes one needs it
_MADE = regex(
    r"(?:create|generate|issue|mint|renew|new|add)_"
    r"(\w*(?:invite|invitation|share|link|session|credential|grant|ticket|device|client)s?)"
)
# for somebody else: what signs in whoever has it must not go to anybody who asks
_MADE_BY_STAFF = regex(r"(?:create|generate|issue|mint|renew|new|add)_(\w*reset)s?")
_STAFF = regex(r"(?:^|_|/)(?:admin|operator|staff|superuser)")
_ADMIN = regex(r"(?:current_)?(?:admin|administrator|operator|staff|superuser)(?:_user|_member)?")


def is_secret(project: Project, field: Field) -> bool:
    """Whether a field holds what its name says is a secret, as far as its name and type tell."""
    name, settings = field.name.lower(), project.settings
    is_written_out = name in (*settings.sensitive_fields, *settings.extend_sensitive_fields)
    if not settings.is_sensitive(name) or (_ABOUT.fullmatch(name) and not is_written_out):
        return False
    if name == "token" and _LANGUAGES.search(field.owner.qualname):
        return False
    names = [_kind_of(project, item) for item in held(project, field.annotation)] or _column_types(project, field)
    known = [name for name in names if name not in _NOTHING]
    if not known:
        return True
    if all(name in _TELLING or name.rpartition(".")[2] in MASKED_TYPES for name in known):
        return False
    # a number beside the name of a secret counts or measures it: password_attempts
    subject = field.name.rpartition("_")[0]
    return not (all(name in _NUMBERS for name in known) and project.settings.is_sensitive(subject))


def is_salt_alone(project: Project, sent: Sent) -> bool:
    """Whether a field is a salt without what was made with it: a client derives its own key with such a one."""
    if sent.field.name.lower() != "salt" or "salt" in project.settings.extend_sensitive_fields:
        return False
    return not any(_SALTED.search(field.name) for field in sent.schema.fields)


@lru_cache(maxsize=16_384)
def is_credential(name: str) -> bool:
    """Whether a name of code, of a setting or of an environment variable is that of a secret that lets somebody in."""
    if _HINT.search(name) is None:  # nearly all names
        return False
    snake = _HUMP.sub("_", name).lower().strip("_").replace("-", "_")
    return bool(_CREDENTIAL.fullmatch(snake)) and not (_NO_CREDENTIAL.fullmatch(snake) or _ABOUT.fullmatch(snake))


def _kind_of(project: Project, item: Held) -> str:
    """The name of a type; members of an enumeration are as open as a literal."""
    if item.symbol is not None:
        bases = project.ancestry(item.symbol).externals
        return "typing.Literal" if any(name.startswith("enum.") for name in bases) else "class"
    return item.name


def _column_types(project: Project, field: Field) -> list[str]:
    value = field.value
    if field.annotation is not None or value is None or not isinstance(value.expr, Call):
        return []
    refs = [expr for expr in subexpressions(value.expr) if isinstance(expr, Ref)]
    names = [project.external(value.path, ref, value.scope) for ref in refs]
    return [name for name in names if name in _TELLING or name in _NUMBERS]


def is_issued(handler: Handler, sent: Sent) -> bool:
    """Whether a response is there to hand a secret out, once.

    That of an endpoint for signing in, a model made for tokens, or what a POST handler says by its name that it makes.
    """
    name = sent.field.name
    if sent.is_many or name in _NOT_ISSUED:
        return False
    is_stored = sent.schema.kind is Kind.SQLALCHEMY
    texts = [*(path.lower().replace("-", "_") for path in handler.paths or ()), handler.function.name.lower()]
    if _TOKENS.fullmatch(name):
        lasts = [text.rstrip("/").rpartition("/")[2] for text in texts]
        if any(map(_ISSUING.search, lasts)) or (not is_stored and _ISSUED.search(sent.schema.name)):
            return True
        if not is_stored and len(sent.names) == 1 and _SIGNING_IN.search(handler.function.owner):
            return True
        if handler.methods == ("POST",) and not is_stored and sent.schema.name.endswith("Credentials"):
            return True
    if is_stored or handler.methods != ("POST",) or "password" in name:
        return False
    if name in _FACTORS and any(map(_SECOND_FACTOR.search, [*texts, sent.schema.name, handler.layer.name])):
        return True
    is_for_staff = any(map(_STAFF.search, texts)) or any(
        _ADMIN.fullmatch(each.name) for each in handler.function.params
    )
    made = _MADE.fullmatch(texts[-1]) or (_MADE_BY_STAFF.fullmatch(texts[-1]) if is_for_staff else None)
    if name == "token" and len(sent.names) == 1 and made:
        return sent.schema.name.lower().startswith(made[1].replace("_", ""))
    return bool(_MAKING.search(texts[-1])) and name.removesuffix("s") in texts[-1]
