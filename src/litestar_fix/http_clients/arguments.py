"""The arguments of a call: how they are given to httpx, or why they are not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.http_clients.calls import HttpCall
from litestar_fix.http_clients.table import ADVICE, AUTH, BODILESS, BODY, KEYWORDS, POSITIONAL, Keyword
from litestar_fix.http_clients.values import (
    Body,
    body_of,
    fields_of,
    is_encoded,
    is_written_out,
    may_be_none,
    never_none,
    texts_of,
    values_of,
)
from litestar_fix.model.evaluate import string, value_of
from litestar_fix.model.facts import Attr, Call, Const, Expr, Ref, Seq, Span
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located

_URL_WORDS = "params= of httpx replaces the query of the URL"


class Refused(msgspec.Struct, frozen=True):
    """Why there is no translation; ``advice`` says what to do by hand where no fix is meant to exist."""

    reason: str
    advice: str = ""


class Renamed(msgspec.Struct, frozen=True):
    """An expression that gives way to an object of another module, perhaps with more text behind it."""

    span: Span
    name: str
    rest: str = ""


class Arguments(msgspec.Struct, frozen=True):
    """The arguments as httpx takes them.

    Args:
        method: the method to call.
        verb: what ``request`` is told first, '' where it needs nothing.
        named: positional arguments that become keywords, by place.
        renamed: keywords with a new name.
        dropped: keywords that say nothing new.
        moved: keywords that go to the client, with their values.
        timeout: the two numbers of a timeout that was a pair, as text.
        has_timeout: whether the call has a limit of its own.
        redirects: what the call says of redirects, None where it says nothing.
        follows: whether redirects are followed, as far as that is known.
        classes: names of requests in the arguments.
    """

    method: str
    verb: str = ""
    named: tuple[tuple[int, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    moved: tuple[tuple[str, Expr], ...] = ()
    timeout: tuple[str, str] | None = None
    has_timeout: bool = False
    redirects: Expr | None = None
    follows: bool = False
    follows_by_default: bool = True
    classes: tuple[Renamed, ...] = ()


def translate(project: Project, path: str, scope: str, call: HttpCall) -> Arguments | Refused:
    """Return the arguments of a call as httpx takes them, or why there are none."""
    if call.call.has_unpacking:
        return Refused("** may hide arguments that httpx names differently")
    positional = POSITIONAL.get(f"Session.{call.verb}" if call.is_session else "") or POSITIONAL[call.verb]
    if len(call.call.args) > len(positional):
        return Refused("more positional arguments than requests takes")
    return _Translation(project, path, scope, call, positional).result()


class _Translation:
    def __init__(self, project: Project, path: str, scope: str, call: HttpCall, positional: tuple[str, ...]) -> None:
        self.project, self.path, self.scope, self.call = project, path, scope, call
        self.given: dict[str, Expr] = dict(zip(positional, call.call.args, strict=False))
        self.positional = tuple(self.given)
        self.given |= {keyword.name: keyword.value for keyword in call.call.keywords if keyword.name is not None}
        self.body = Body.FORM

    def result(self) -> Arguments | Refused:
        without_fix = [name for name, value in self.given.items() if self._has_no_fix(name, value)]
        if without_fix:
            return Refused("", ADVICE[f"{without_fix[0]}="])
        reason = next((reason for name, value in self.given.items() for reason in self._objections(name, value)), "")
        return Refused(reason) if reason else self._arguments()

    def _has_no_fix(self, name: str, value: Expr) -> bool:
        if KEYWORDS.get(name) is not Keyword.WITHOUT_FIX:
            return False
        return not (isinstance(value, Const) and (value.value is None or (name == "stream" and not value.value)))

    # ----------------------------------------------------------------------------------------------- objections
    def _objections(self, name: str, value: Expr) -> Iterator[str]:
        kind = KEYWORDS.get(name)
        if kind is None or kind is Keyword.NOT:
            yield f"httpx has no {name}= for one call"
        elif kind is Keyword.CLIENT and self.call.is_session:
            yield f"{name}= is an argument of the client, not of one call"
        located = Located(self.path, self.scope, value)
        match name:
            case "params":
                yield from self._of_params(located)
            case "data":
                yield from self._of_data(located)
            case "headers":
                if any(may_be_none(self.project, item) for item in values_of(self.project, located)):
                    yield "headers= may hold None, which httpx does not take"
            case "auth" if not is_login(self.project, located):
                yield "auth= is not a user and a password"
            case "files" if not self._are_named_files(located):
                yield "files= holds a file without a name, which httpx names differently"
            case "verify" if self._names_a_file(located):
                yield "verify= names a file; httpx wants an SSL context"
            case "timeout" if self.project.external(self.path, value, self.scope).startswith("urllib3."):
                yield "timeout= is an object of urllib3"

    def _of_params(self, located: Located) -> Iterator[str]:
        yield from self._of_fields("params", located)
        if body_of(self.project, located) is Body.RAW and not is_encoded(self.project, located):
            yield "params= is a text, which httpx writes anew"
        url = self.given.get("url")
        if not never_none(located.expr) or url is None:
            return
        if any("?" in text for text in texts_of(self.project, Located(self.path, self.scope, url))):
            yield _URL_WORDS

    def _of_data(self, located: Located) -> Iterator[str]:
        self.body = body_of(self.project, located)
        match self.body:
            case Body.UNKNOWN:
                yield "data= may be a form or a raw body, which is content= in httpx"
            case Body.PAIRS:
                yield "data= is a list of pairs, which httpx does not take"
            case Body.FORM:
                yield from self._of_fields("data", located)

    def _of_fields(self, name: str, located: Located) -> Iterator[str]:
        for item in fields_of(self.project, located):
            if may_be_none(self.project, item):
                yield f"{name}= may hold None, which httpx sends as an empty value"
            elif body_of(self.project, item) is Body.BOOL:
                yield f"{name}= holds a bool, which httpx writes in lower case"
            elif is_written_out(item.expr):
                yield f"{name}= holds {show(item.expr)}, which httpx sends as Python writes it"

    def _are_named_files(self, located: Located) -> bool:
        target = located if not isinstance(located.expr, Ref) else value_of(self.project, located)
        if target is None:
            return False
        if isinstance(target.expr, Const) and target.expr.value is None:
            return True
        files = [item.expr for item in values_of(self.project, target)]
        if isinstance(target.expr, Seq):
            files = [item.items[1] for item in target.expr.items if isinstance(item, Seq) and len(item.items) == 2]
            if len(files) != len(target.expr.items):
                return False
        return bool(files) and all(isinstance(file, Seq) and file.kind == "tuple" for file in files)

    def _names_a_file(self, located: Located) -> bool:
        name = self.project.external(located.path, located.expr, located.scope)
        return name == "certifi.where" or string(self.project, located) is not None

    # ------------------------------------------------------------------------------------------------ translation
    def _arguments(self) -> Arguments:
        new = {"allow_redirects": "follow_redirects"}
        if self.body is Body.RAW:
            new["data"] = "content"
        verb = self.call.verb
        takes_body = verb in BODILESS and not BODY.isdisjoint(self.given)
        kept = 2 if verb == "request" else 1
        keywords = [name for name in self.given if name not in self.positional]
        redirects = self.given.get("allow_redirects")
        by_default = verb != "head"
        return Arguments(
            method="request" if takes_body else verb,
            verb=verb.upper() if takes_body else "",
            named=tuple((at, new.get(name, name)) for at, name in enumerate(self.positional) if at >= kept),
            renamed=tuple((name, new[name]) for name in keywords if name in new),
            dropped=tuple(name for name in keywords if self._says_nothing(name)),
            moved=tuple(
                (name, value)
                for name, value in self.given.items()
                if KEYWORDS[name] is Keyword.CLIENT and not self._says_nothing(name)
            ),
            timeout=_pair(self.given.get("timeout")),
            has_timeout="timeout" in self.given,
            redirects=redirects,
            follows=by_default if redirects is None else isinstance(redirects, Const) and redirects.value is True,
            follows_by_default=by_default,
            classes=tuple(self._classes()),
        )

    def _says_nothing(self, name: str) -> bool:
        value = self.given[name]
        if not isinstance(value, Const):
            return False
        if name == "auth":
            return value.value is None  # httpx takes that for "not even the login of the client"
        match KEYWORDS[name]:
            case Keyword.WITHOUT_FIX | Keyword.NOT:
                return True
            case Keyword.CLIENT:
                return value.value is None or (name == "verify" and value.value is True)
        return False

    def _classes(self) -> Iterator[Renamed]:
        auth = self.given.get("auth")
        if auth is not None:
            yield from auth_classes(self.project, Located(self.path, self.scope, auth))


def is_login(project: Project, located: Located) -> bool:
    """Whether a value is a pair of user and password, or an object that httpx has as well."""
    target = located if not isinstance(located.expr, Ref) else value_of(project, located) or located
    match target.expr:
        case Seq(kind="tuple", items=(_, _)) | Const(value=None):
            return True
        case Call() as made:
            # a class of requests is renamed where it stands: in the call itself
            return target is located and project.external(target.path, made, target.scope) in AUTH
    return False


def auth_classes(project: Project, located: Located) -> Iterator[Renamed]:
    """Yield the class of requests that a value of ``auth`` names, and that of httpx."""
    if isinstance(located.expr, Call):
        name = AUTH[project.external(located.path, located.expr, located.scope)]
        yield Renamed(located.expr.func.span, f"httpx.{name}")


def _pair(timeout: Expr | None) -> tuple[str, str] | None:
    match timeout:
        case Seq(kind="tuple", items=(connect, read)) if all(
            isinstance(e, Const | Ref | Attr) for e in (connect, read)
        ):
            return show(connect), show(read)
    return None
