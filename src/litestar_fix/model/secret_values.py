"""Texts that may be secrets, judged by what they look like: random, guessable, or no secret at all.

A text that a person made up to name something consists of words; one that a machine made to be a secret does not.
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise

import msgspec

from litestar_fix.model.patterns import regex


class Strength(StrEnum):
    """What a text would be worth as a secret."""

    RANDOM = "random"
    WEAK = "weak"  #: known to everybody who guesses


class UrlPassword(msgspec.Struct, frozen=True):
    """The password in a URL: ``scheme://user:password@host``."""

    scheme: str
    host: str
    strength: Strength


_PRIVATE_KEY = regex(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_PLACEHOLDER = regex(
    r"change|placeholder|replace|redacted|example|insecure|unsafe|(?<![a-z])(?:your|insert|dummy|sample|fake|mock|todo)"
    r"|(?<![a-z0-9])(?:x{3,}|tests?|testing|dev|demo|local|development|default|none|null|unset|undefined|fixme|tbd)"
    r"(?![a-z0-9])|\*\*\*|\.\.\.",
    re.IGNORECASE,
)
# templates, markup, prose, patterns
_NO_SECRET = regex(r"\s|[<>{}]|\[.*\]|\$\(|%\(|^\W*$")
_HASH = regex(r"\$(?:2[abxy]?|argon2\w*|scrypt|pbkdf2\S*|[156y])\$|(?:pbkdf2|bcrypt|argon2|scrypt)[\w-]*[:$]")
_PUBLIC = regex(r"(?:pk_|phc_|-----BEGIN (?:PUBLIC|CERT))")
_PATH = regex(r"(?:[.~]{0,2}/|[A-Za-z]:\\)\S*[^=]|\S+\.(?:pem|key|json|txt|ya?ml|toml|env|pub|crt|html|py)")
_DOTTED = regex(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*\.[A-Za-z_]\w*")

_WORD = regex(
    r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d{0,3}|[A-Z]+\d{0,3}|[a-z]+(?:[A-Z][a-z]*)*\d{0,3}|[a-z]+\d{1,2}[a-z]+|\d{1,4}"
)
_FEWEST = 8
_FEWEST_DIGITS = 12
# where letters and digits change this often, no person named a thing: tRk91xx0pQ
_CHANGE = regex(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_FEWEST_MIXED = 10
_MOST_EVEN = 3
_DISTINCT = 5

_LEET = str.maketrans("013457@$", "oieastas")
_GUESSED = regex(
    r"(?:my|super|very|top|so|the|a|jwt|csrf|session|cookie|key|token)*"
    r"(?:secrets?|passw(?:or)?d|pass|admin|minioadmin|letmein|welcome|changeit|hunter|qwerty\w{0,6}|asdf\w{0,6}|zxcv\w{0,6})"
    r"(?:my|super|very|top|so|the|a|jwt|csrf|session|cookie|key|token|secret|passw(?:or)?d|value)*"
)
_ROWS = regex(r"abcd?\d{1,6}|1q2w3e\w{0,5}|(?:qwerty|asdf|zxcv)\w{0,6}")
_FEWEST_IN_A_ROW = 6

_URL = regex(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/\s:@]*):(?P<password>[^/\s@]+)@(?P<host>[^/\s:?#,]*)(?P<rest>\S*)"
)
_LOCAL = regex(
    r"localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]|::1|host\.docker\.internal|.*\.(?:localhost|local|test|example|invalid)"
    r"|(?:.*\.)?example\.(?:com|org|net)"
)


def is_placeholder(text: str) -> bool:
    """Whether a text says that the real value is still to come, or is no single word at all."""
    return not text or bool(_PLACEHOLDER.search(text) or _NO_SECRET.search(text))


def strength(text: str) -> Strength | None:
    """Return what a text is worth as a secret, None where it does not look like one."""
    if _PRIVATE_KEY.search(text):
        return Strength.RANDOM
    if "://" in text or is_placeholder(text):
        return None
    if any(pattern.match(text) for pattern in (_HASH, _PUBLIC)):
        return None
    if any(pattern.fullmatch(text) for pattern in (_PATH, _DOTTED)):
        return None
    if _is_guessed(text):
        return Strength.WEAK
    if not _is_random(text):
        return None
    # words and 0123456789abcdef: nobody's secret, and none that a machine made
    parts = [part for part in _parts(text) if not _is_counted(part.lower())]
    return Strength.RANDOM if len(parts) == len(_parts(text)) or _is_random("-".join(parts)) else Strength.WEAK


def is_shown(text: str) -> bool:
    """Whether a report may show a text wherever it stands: it is no secret that is likely to be in use."""
    return strength(text) is not Strength.RANDOM and not ("://" in text and url_password(text) is not None)


def _is_guessed(text: str) -> bool:
    lower = text.lower()
    plain = re.sub(r"[^a-z]", "", lower.rstrip("0123456789!?.").translate(_LEET))
    return bool(_GUESSED.fullmatch(plain) or _ROWS.fullmatch(lower)) or _is_counted(lower)


def _is_counted(text: str) -> bool:
    """Whether a text goes through digits or letters in their order, as ``123456`` and ``1234567890abcdef`` do."""
    breaks = sum(ord(after) not in (ord(before), ord(before) + 1) for before, after in pairwise(text))
    return len(text) >= _FEWEST_IN_A_ROW and breaks <= 1 + text.count("90")


def _is_random(text: str) -> bool:
    if len(set(text)) < _DISTINCT:
        return False
    if not text.isprintable():
        return len(text) >= _FEWEST
    if text.isdigit():
        return len(text) >= _FEWEST_DIGITS
    parts = _parts(text)
    if sum(len(part) for part in parts if not _WORD.fullmatch(part)) >= _FEWEST:
        return True
    changes = sum(len(_CHANGE.findall(part)) for part in parts)
    has_all_kinds = all(re.search(kind, text) for kind in (r"\d", "[a-z]", "[A-Z]"))
    return len(text) >= _FEWEST_MIXED and has_all_kinds and changes * _MOST_EVEN >= sum(map(len, parts))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[^A-Za-z0-9]+", text) if part]


def url_password(text: str) -> UrlPassword | None:
    """Return the password of a URL, None where it has none that anybody could use: development, placeholders."""
    match = _URL.match(text)
    if match is None or is_placeholder(match["password"]) or _PLACEHOLDER.search(match["user"]):
        return None
    host, password = match["host"].lower(), match["password"]
    if _LOCAL.fullmatch(host) or "$" in password or "%s" in text:
        return None
    found = strength(password)
    # the name of a service in a compose file: what is no secret by itself is its development default
    is_service = "." not in host
    if is_service and found is not Strength.RANDOM:
        return None
    return UrlPassword(match["scheme"], match["host"], found or Strength.WEAK)
