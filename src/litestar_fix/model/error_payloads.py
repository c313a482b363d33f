"""Dicts by which handlers tell of an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.facts import Call, Const, Dict, Expr, Op, Return, Seq
from litestar_fix.model.handlers import Handler
from litestar_fix.model.nesting import levels
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sent import Sent, sent, sides
from litestar_fix.model.symbols import Located

_ERRORS = frozenset({"err", "error", "error_message", "errorMessage", "errors"})
_TEXTS = frozenset({"description", "detail", "details", "error_description", "message", "msg", "reason"})
_CODES = frozenset({"code", "status", "status_code", "statusCode"})
_NAMES = frozenset({"error_code", "errorCode", "title", "type"})
_DONE = frozenset({"ok", "success"})
_COMPANIONS = _ERRORS | _TEXTS | _CODES | _NAMES | _DONE
#: What a model of a validation's result and an answer of JSON-RPC have: there an error is sent with success on purpose.
_RESULTS = frozenset({"valid", "is_valid", "isValid", "jsonrpc"})
_FAILED = ("error", "fail")
_OUTCOMES = (*_FAILED, "ok", "success")
_STATUSES = range(400, 600)


class ErrorPayload(msgspec.Struct, frozen=True):
    """A dict that a handler returns for an error.

    Args:
        handler: the handler.
        stmt: the statement that returns it.
        display: the dict.
        sent: how it is sent.
        code: the status that it names, None where it names none.
        code_key: the key that holds it.
        text: the key of what went wrong in words, '' where there is none.
        kept: the other keys, which say more than that something went wrong.
    """

    handler: Handler
    stmt: Return
    display: Dict
    sent: Sent
    code: int | None
    code_key: str
    text: str
    kept: tuple[str, ...]

    @property
    def shape(self) -> str:
        """Its keys, in one order."""
        return f"{{{', '.join(sorted(_fields(self.display) or ()))}}}"

    def value(self, key: str) -> Expr | None:
        """What stands at a key."""
        return (_fields(self.display) or {}).get(key)


_known: WeakKeyDictionary[Project, tuple[ErrorPayload, ...]] = WeakKeyDictionary()


def error_payloads(project: Project) -> tuple[ErrorPayload, ...]:
    """Return the dicts by which the handlers of a project tell of an error, whatever their status."""
    if project not in _known:
        _known[project] = tuple(_of_project(project))
    return _known[project]


def _of_project(project: Project) -> Iterator[ErrorPayload]:
    for handler in project.layers.every_handler():
        raw = handler.function.raw_body
        may_tell = any(word in raw for word in (b"err", b"ok", b"success", b"code", b"status"))
        if handler.is_http and may_tell and project.role(handler.path) is not Role.TEST:
            yield from _of_handler(project, handler)


def _of_handler(project: Project, handler: Handler) -> Iterator[ErrorPayload]:
    returned: list[tuple[Return, Sent, Dict, bool]] = []
    for here in levels(handler.function.body):
        stmt = here[0].stmt
        if not isinstance(stmt, Return):
            continue
        for value in sides(stmt.value):
            found = sent(project, handler, handler.function.qualname, value)
            if isinstance(value, Dict | Call) and found is not None and isinstance(found.content, Dict):
                returned.append((stmt, found, found.content, len(here) > 1 or value is not stmt.value))
    has_states = any(_is_state(_fields(display) or {}) for _, _, display, _ in returned)
    for stmt, found, display, is_case in returned:
        fields = _fields(display)
        if fields is None or (has_states and isinstance(fields.get("status"), Const) and found.is_success):
            continue
        if _tells_error(project, handler, fields, is_case=is_case):
            yield _payload(project, handler, stmt, display, found)


def _is_state(fields: Mapping[str, Expr]) -> bool:
    """Whether a dict tells in which state something of the domain is, as in ``{"status": "pending"}``."""
    match fields.get("status"):
        case None | Const(value=int()):
            return False
        case Const(value=str(text)):
            return text.lower() not in _OUTCOMES
    return True


def _fields(display: Dict) -> Mapping[str, Expr] | None:
    """The values by key; None where a key is not written out."""
    keys = [key.value if isinstance(key, Const) else None for key in display.keys]
    names = [key for key in keys if isinstance(key, str)]
    return dict(zip(names, display.values, strict=True)) if len(names) == len(keys) else None


# --------------------------------------------------------------------------------------------------- whether it is one
def _tells_error(project: Project, handler: Handler, fields: Mapping[str, Expr], *, is_case: bool) -> bool:
    """Whether a dict tells of an error; ``is_case``: it is returned in some cases only."""
    if not _RESULTS.isdisjoint(fields) or {"data", "errors"} <= fields.keys():
        return False
    named = [value for key, value in fields.items() if key in _ERRORS]
    if any(map(_is_said, named)):
        return True
    texts = [value for key, value in fields.items() if key in _TEXTS and not _is_empty(value)]
    if _code_key(project, handler, fields) and (texts or named):
        return True
    if texts and any(_is_failure(key, value) for key, value in fields.items()):
        return True
    is_bare = all(key in _COMPANIONS or _is_empty(value) for key, value in fields.items())
    is_coded = "detail" in fields and ("code" in fields or "error_code" in fields)
    return is_case and is_bare and (is_coded or any(not _is_empty(value) for value in named))


def _is_said(value: Expr) -> bool:
    """Whether the value of an error's key says that there is one."""
    match value:
        case Const(value=text):
            return text is True or (isinstance(text, str) and bool(text))
        case Op(op="f" | "+" | "%"):
            return True
        case Call(callee="str" | "repr"):
            return True
    return False


def _is_failure(key: str, value: Expr) -> bool:
    match value:
        case Const(value=False):
            return key in _DONE
        case Const(value=str(text)):
            return key == "status" and text.lower() in _FAILED
    return False


def _is_empty(value: Expr) -> bool:
    match value:
        case Const(value=found):
            return not found
        case Seq(items=()) | Dict(keys=()):
            return True
    return False


def _code_key(project: Project, handler: Handler, fields: Mapping[str, Expr]) -> str:
    """The key that holds the status of an error, '' where there is none."""
    return next((key for key, value in fields.items() if key in _CODES and _status(project, handler, value)), "")


def _status(project: Project, handler: Handler, value: Expr) -> int | None:
    found = status_code(project, Located(handler.path, handler.function.qualname, value))
    return found if found in _STATUSES else None


# -------------------------------------------------------------------------------------------------------- what it says
def _payload(project: Project, handler: Handler, stmt: Return, display: Dict, found: Sent) -> ErrorPayload:
    fields = _fields(display) or {}
    code_key = _code_key(project, handler, fields)
    code = _status(project, handler, fields[code_key]) if code_key else None
    said = {key: value for key, value in fields.items() if not _is_flag(project, handler, key, value)}
    phrases = [key for key, value in said.items() if key in _ERRORS | _NAMES and _is_phrase(value, code)]
    if len(said) > len(phrases):
        said = {key: value for key, value in said.items() if key not in phrases}
    texts = [key for key in said if key in _TEXTS | _ERRORS]
    text = texts[0] if texts else ""
    kept = tuple(key for key in said if key != text)
    return ErrorPayload(handler, stmt, display, found, code, code_key, text, kept)


def _is_flag(project: Project, handler: Handler, key: str, value: Expr) -> bool:
    """Whether an entry says no more than that there is an error, or its status."""
    if key in _CODES and _status(project, handler, value) is not None:
        return True
    return _is_failure(key, value) or (key in _ERRORS and isinstance(value, Const) and value.value is True)


def _is_phrase(value: Expr, code: int | None) -> bool:
    """Whether a text is what the status is called, ``Not Found``."""
    match value:
        case Const(value=str(text)) if code in set(HTTPStatus):
            return text.lower() == HTTPStatus(code).phrase.lower()
    return False
