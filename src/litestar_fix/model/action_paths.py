"""Paths that name an action instead of a resource: ``/createUser``, ``/get_user_by_id``, ``/add-item``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from litestar_fix.model.patterns import regex

#: Verb -> the HTTP method that says the same.
METHODS = MappingProxyType(
    {
        "get": "GET",
        "fetch": "GET",
        "list": "GET",
        "create": "POST",
        "add": "POST",
        "set": "PUT",
        "update": "PATCH",
        "delete": "DELETE",
        "remove": "DELETE",
    }
)
_WORD = regex(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+[a-z]*")
_ARTICLES = frozenset({"a", "all", "an", "any", "every", "new", "the"})
_JOINING = frozenset({"and", "at", "by", "for", "from", "in", "into", "of", "on", "to", "via", "with"})
# what makes another word of the verb: add-ons, get-started, set-up
_PARTICLES = frozenset({"as", "back", "going", "involved", "off", "ons", "or", "out", "ready", "started", "up", "well"})
_UNCOUNTABLE = frozenset(
    [
        *["access", "configuration", "content", "data", "feedback", "health", "history", "info", "information", "me"],
        *["media", "metadata", "password", "profile", "state", "stock", "storage"],
    ]
)
_MANY = frozenset({"add", "create", "list"})
# what a path says of how, and of which of several ways: /users/create-simple names no resource, /create-user-htmx one
_FORMATS = frozenset({"ajax", "csv", "html", "htmx", "json", "pdf", "xml"})
_WAYS = frozenset({"batch", "bulk", "full", "many", "multiple", "partial", "quick", "simple", "single"})


class Action(msgspec.Struct, frozen=True):
    """A segment that names an action.

    Args:
        segment: as written.
        verb: in small letters.
        nouns: the words for the resource, as written.
        key: what follows "by": the words by which one of them is found.
    """

    segment: str
    verb: str
    nouns: tuple[str, ...]
    key: tuple[str, ...]

    def resource(self, *, is_one_of_many: bool) -> str:
        """Return a segment for the resource, joined and capitalised as the author does.

        Args:
            is_one_of_many: whether a parameter follows that says which one.
        """
        *others, last = self.nouns
        is_plural = is_one_of_many or bool(self.key) or self.verb in _MANY
        return self.joined((*others, _plural(last) if is_plural else last))

    def joined(self, words: Sequence[str]) -> str:
        """Join words as the author of the segment does."""
        for separator in "-_":
            if separator in self.segment:
                return separator.join(words).lower()
        first, *rest = words
        head = first if self.segment[0].isupper() else first[0].lower() + first[1:]
        return head + "".join(word[0].upper() + word[1:] for word in rest)


def action_in(segment: str) -> Action | None:
    """Return the action that a segment names: one of the verbs and a noun; None for anything else."""
    if "." in segment or "{" in segment:
        return None
    words = _WORD.findall(segment)
    if not words or words[0].lower() not in METHODS:
        return None
    verb, rest = words[0].lower(), words[1:]
    while rest and rest[0].lower() in _ARTICLES:
        rest = rest[1:]
    if not rest or rest[0].lower() in _JOINING | _PARTICLES or rest[0][0].isdigit():
        return None
    end = next((index for index, word in enumerate(rest) if word.lower() in _JOINING), len(rest))
    nouns = rest[:end]
    while nouns[1:] and nouns[-1].lower() in _FORMATS:
        nouns.pop()
    if all(word.lower() in _WAYS for word in nouns):
        return None
    key = rest[end + 1 :] if end < len(rest) and rest[end].lower() == "by" else []
    return Action(segment, verb, tuple(nouns), tuple(key))


def last_literal(path: str) -> str:
    """Return the last segment of a path that is no parameter, '' where there is none."""
    return next((segment for segment in reversed(segments(path)) if not segment.startswith("{")), "")


def segments(path: str) -> list[str]:
    """Return the segments of a path."""
    return [part for part in path.split("/") if part]


def instead(path: str, action: Action) -> str:
    """Return a path that names the resource, for one of which the last literal segment names an action."""
    parts = segments(path)
    at = len(parts) - 1 - parts[::-1].index(action.segment)
    below = parts[at + 1 :]
    resource = [action.resource(is_one_of_many=bool(below))]
    above = parts[:at]
    if above and _bare(above[-1]) == _bare(resource[0]):
        resource = []  # /users/get-user is about /users
    if action.key and not below:
        below = [f"{{{'_'.join(action.key).lower()}}}"]
    return "/" + "/".join([*above, *resource, *below])


def _plural(word: str) -> str:
    if word.lower() in _UNCOUNTABLE or not word[-1].isalpha() or word[-1] in "sS":
        return word
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:x|z|ch|sh)$", word) else f"{word}s"


def _bare(segment: str) -> str:
    return _plural(re.sub(r"[-_]", "", segment).lower())
