"""A function and all its calls: which of them go over to httpx together, and why others stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from litestar_fix.http_clients.arguments import Arguments, Refused, Renamed, translate
from litestar_fix.http_clients.calls import URLOPEN, Caller, HttpCall, calls_in
from litestar_fix.http_clients.clients import Block, Translated, blocks_of, client_name
from litestar_fix.http_clients.elsewhere import Elsewhere
from litestar_fix.http_clients.errors import Caught, caught_in
from litestar_fix.http_clients.responses import (
    Read,
    Uses,
    in_f_string,
    refused_redirect,
    target_of,
    uses_of_value,
)
from litestar_fix.http_clients.sessions import Session, session_of
from litestar_fix.http_clients.table import CODES, CONDITIONS, canonical
from litestar_fix.http_clients.variables import uses_of_name
from litestar_fix.model.facts import Const, Op, Ref, Span
from litestar_fix.model.nesting import nested
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External
from litestar_fix.model.walk import expressions

URLOPEN_ADVICE = "httpx.AsyncClient"


class Translation(msgspec.Struct, frozen=True):
    """All that changes in a function.

    Args:
        caller: the function.
        calls: the calls, with their new arguments.
        client: the name of its clients.
        blocks: the statements that have a client.
        sessions: the sessions that become clients.
        reads: what is read of answers.
        names: other names of requests, and what they become.
        caught: the ``try`` statements whose clauses change.
    """

    caller: Caller
    calls: tuple[Translated, ...]
    client: str
    blocks: tuple[Block, ...]
    sessions: tuple[Session, ...]
    reads: tuple[Read, ...]
    names: tuple[Renamed, ...]
    caught: tuple[Caught, ...]


class Judged(msgspec.Struct, frozen=True):
    """A call, and what becomes of it: it is part of a translation, or there is a reason why not."""

    call: HttpCall
    translation: Translation | None = None
    refused: Refused | None = None


def judge(
    project: Project, caller: Caller, elsewhere: Elsewhere, is_kept: Callable[[Span], bool]
) -> tuple[Judged, ...]:
    """Judge all calls of a function together.

    Args:
        project: the project.
        caller: the function.
        elsewhere: what is known of the code around it.
        is_kept: tells of a call whether it is to stay as it is.
    """
    function = _Function(project, caller, elsewhere)
    function.start(is_kept)
    while function.refuse_more():
        pass
    translation = function.translation()
    return tuple(
        Judged(call, refused=function.refused[call.call.span])
        if call.call.span in function.refused
        else Judged(call, translation)
        for call in function.calls
    )


class _Function(msgspec.Struct):
    project: Project
    caller: Caller
    elsewhere: Elsewhere
    calls: list[HttpCall] = msgspec.field(default_factory=list)
    arguments: dict[Span, Arguments] = msgspec.field(default_factory=dict)
    refused: dict[Span, Refused] = msgspec.field(default_factory=dict)
    sessions: dict[str, Session] = msgspec.field(default_factory=dict)
    uses: dict[str, Uses] = msgspec.field(default_factory=dict)
    direct: dict[Span, Uses] = msgspec.field(default_factory=dict)
    caught: list[Caught] = msgspec.field(default_factory=list)

    @property
    def active(self) -> list[HttpCall]:
        """The calls that nothing stands against so far."""
        return [call for call in self.calls if call.call.span not in self.refused]

    def _refuse(self, call: HttpCall, reason: str | Refused) -> None:
        refused = Refused(reason) if isinstance(reason, str) else reason
        self.refused.setdefault(call.call.span, refused)

    # ------------------------------------------------------------------------------------------- one call by itself
    def start(self, is_kept: Callable[[Span], bool]) -> None:
        """Judge each call by itself, each session, and what the rest of the project does."""
        self.calls = calls_in(self.project, self.caller)
        for call in self.calls:
            own = self._alone(call)
            if own is not None:
                self._refuse(call, own)
            elif is_kept(call.call.span):
                self._refuse(call, "a comment keeps it")
        for name in dict.fromkeys(call.session for call in self.calls if call.is_session):
            self._start_session(name)
        others = self.active and (
            self.elsewhere.mentions(self.caller.symbol) or self.elsewhere.catches(self.caller.symbol)
        )
        for call in self.active if others else ():
            self._refuse(call, others or "")

    def _alone(self, call: HttpCall) -> Refused | None:
        if call.name == URLOPEN:
            return Refused("", URLOPEN_ADVICE)
        path, scope = self.caller.module.path, self.caller.function.qualname
        found = translate(self.project, path, scope, call)
        if isinstance(found, Refused):
            return found
        if in_f_string(call.place):
            return Refused("the call stands in an f-string")
        if any(isinstance(outer, Op) and outer.op == "(for)" for outer in call.place.above):
            return Refused("the call stands in a generator expression")
        self.arguments[call.call.span] = found
        self.direct[call.call.span] = uses = uses_of_value(call.place)
        return Refused(uses.refusal) if uses.refusal else None

    def _start_session(self, name: str) -> None:
        calls = [call for call in self.calls if call.is_session and call.session == name]
        found = session_of(self.project, self.caller, calls)
        for call in calls:
            if isinstance(found, Refused):
                # what the session is says more than how one call is made
                self.refused[call.call.span] = found
        if isinstance(found, Session):
            self.sessions[name] = found

    # ---------------------------------------------------------------------------------------------- all calls together
    def refuse_more(self) -> bool:
        """Look at the calls that are left as a whole; return whether some of them had to go."""
        before = len(self.refused)
        self._judge_sessions()
        self._judge_variables()
        self._judge_errors()
        self._judge_blocks()
        return len(self.refused) > before

    def _judge_sessions(self) -> None:
        for name in list(self.sessions):
            calls = [call for call in self.calls if call.is_session and call.session == name]
            staying = next((call for call in calls if call.call.span in self.refused), None)
            if staying is None:
                continue
            del self.sessions[name]
            for call in calls:
                self._refuse(call, f"line {staying.call.span.line} keeps {name} with requests")

    def _judge_variables(self) -> None:
        self.uses = {}
        for name in dict.fromkeys(target_of(call.place) for call in self.active):
            calls = [call for call in self.active if target_of(call.place) == name]
            answers = {call.call.span for call in calls}
            if name:
                self.uses[name] = uses = uses_of_name(self.project, self.caller, name, answers)
                for call in calls if uses.refusal else ():
                    self._refuse(call, uses.refusal)
        for call in self.active:
            if not self.arguments[call.call.span].follows or self._asks_for_changes():
                reason = refused_redirect([*self.direct[call.call.span].reads, *self._named_reads(call)])
                if reason:
                    self._refuse(call, reason)

    def _asks_for_changes(self) -> bool:
        """Whether a server may answer 304, which httpx counts as a redirect."""
        texts = [expr.value for expr in expressions(self.caller.function.body) if isinstance(expr, Const)]
        return any(isinstance(text, str) and text.lower() in CONDITIONS for text in texts)

    def _named_reads(self, call: HttpCall) -> list[Read]:
        name = target_of(call.place)
        return self.uses[name].reads if name in self.uses else []

    def _reads(self) -> list[Read]:
        names = dict.fromkeys(target_of(call.place) for call in self.active)
        named = [read for name in names if name in self.uses for read in self.uses[name].reads]
        return [*named, *[read for call in self.active for read in self.direct[call.call.span].reads]]

    def _judge_errors(self) -> None:
        reads = self._reads()
        self.caught = []
        for caught in caught_in(self.project, self.caller, reads):
            inside = [call for call in self.calls if _holds(caught, call.call.span)]
            active = [call for call in inside if call.call.span not in self.refused]
            read = [r for r in reads if r.name in ("json", "raise_for_status") and _holds(caught, r.place.expr.span)]
            if not active and not read:
                continue
            refusal = caught.refusal or self._mixed(caught, len(inside) > len(active))
            self.caught.append(caught)
            touched = active or self.active
            for call in touched if refusal else ():
                self._refuse(call, refusal)

    def _mixed(self, caught: Caught, some_stay: bool) -> str:
        """Say so where the clauses also catch errors that remain those of requests."""
        if not caught.names_requests:
            return ""
        path, scope = self.caller.module.path, self.caller.function.qualname
        if some_stay or self.elsewhere.calls_requests(path, scope, caught.stmt.body):
            line = caught.stmt.handlers[0].span.line
            return f"line {line} also catches the errors of a call that stays with requests"
        return ""

    def _judge_blocks(self) -> None:
        blocks = self._blocks()
        runs = [session.span for session in self.sessions.values() if not session.is_with]
        for block in blocks:
            for item in block.calls if block.shares_line else ():
                self._refuse(item.call, "several statements stand on its line")
            crossing = any(_meet(block.span, other.span) for other in blocks if other is not block)
            crossing = crossing or any(_meet(block.span, run) and not run.contains(block.span) for run in runs)
            for item in block.calls if crossing else ():
                self._refuse(item.call, "it needs a client of its own within that of another call")
            for item in block.calls if not block.knows_arguments else ():
                self._refuse(item.call, f"{item.arguments.moved[0][0]}= is not known where the client is made")

    def _blocks(self) -> list[Block]:
        calls = [call for call in self.active if not call.is_session]
        return blocks_of(self.caller, [Translated(call, self.arguments[call.call.span]) for call in calls])

    # ------------------------------------------------------------------------------------------------------- outcome
    def translation(self) -> Translation | None:
        """Return what becomes of the calls that are left, None where none is left."""
        if not self.active:
            return None
        inner = f"{self.caller.function.qualname}.<locals>."
        nested_functions = [f for f in self.caller.module.functions if f.qualname.startswith(inner)]
        calls = tuple(Translated(call, self.arguments[call.call.span]) for call in self.active)
        sessions = tuple(self.sessions.values())
        reads = [*self._reads(), *[read for caught in self.caught for read in caught.reads]]
        names = [
            *[name for item in calls for name in item.arguments.classes],
            *[name for session in sessions for name in session.classes],
            *[name for uses in self.uses.values() for name in uses.annotations],
            *self._codes(),
        ]
        return Translation(
            caller=self.caller,
            calls=calls,
            client=client_name(self.caller.function, nested_functions),
            blocks=tuple(self._blocks()),
            sessions=sessions,
            reads=tuple(read for read in reads if read.new != read.old),
            names=tuple(names),
            caught=tuple(caught for caught in self.caught if caught.names_requests),
        )

    def _codes(self) -> Iterator[Renamed]:
        for place in nested(self.caller.function.body):
            if not isinstance(place.expr, Ref) or in_f_string(place):
                continue
            path, scope = self.caller.module.path, self.caller.function.qualname
            found = self.project.resolve(path, place.expr.name, scope)
            name = canonical(found.name) if isinstance(found, External) else ""
            code = name.removeprefix("requests.codes.")
            if code in CODES and name != code:
                yield Renamed(place.expr.span, f"httpx.codes.{CODES[code]}")


def _holds(caught: Caught, span: Span) -> bool:
    return any(stmt.span.contains(span) for stmt in caught.stmt.body)


def _meet(left: Span, right: Span) -> bool:
    return left == right or left.overlaps(right)
