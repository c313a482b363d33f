"""Services that hand a connection on to one another: what each of them needs of it, and which change together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from litestar_fix.model.connection_calls import Calls, calls_with, why_signature_stays
from litestar_fix.model.connection_reads import Handed, Read, Refused, uses_of
from litestar_fix.model.connection_values import Values, values_of
from litestar_fix.model.project import Project
from litestar_fix.model.services import Taken
from litestar_fix.model.symbols import Local
from litestar_fix.model.usages import Usage, usages

_NOTHING = Values((), ())


class Service(msgspec.Struct, frozen=True):
    """A function that takes a connection, and where it may be meant, but for its name as text."""

    all_taken: tuple[Taken, ...]
    usages: tuple[Usage, ...]

    @property
    def taken(self) -> Taken:
        """The parameter by which it takes a connection, the first one where there are several."""
        return self.all_taken[0]


class Change(msgspec.Struct, frozen=True):
    """What would become of a service.

    Args:
        values: what takes the place of the connection.
        calls: who calls it.
        handed_on: the services that it hands the connection on to.
        refusal: why it stays as it is, '' where it does not.
    """

    values: Values = _NOTHING
    calls: Calls = Calls()
    handed_on: frozenset[Local] = frozenset()
    refusal: str = ""


def changes(project: Project, services: Iterable[Service]) -> Mapping[Local, Change]:
    """Return what would become of each service; one changes only if those change that it hands its connection on to."""
    return _Changes(project, services).all()


def together(found: Mapping[Local, Change]) -> Iterator[frozenset[Local]]:
    """Yield the services that change, those that hand a connection on to one another in one set."""
    groups: dict[Local, set[Local]] = {}
    for symbol, change in found.items():
        if change.refusal:
            continue
        group = {symbol}.union(*[groups.get(other, {other}) for other in change.handed_on], groups.get(symbol, set()))
        groups.update(dict.fromkeys(group, group))
    yield from dict.fromkeys(map(frozenset, groups.values()))


class _Changes:
    def __init__(self, project: Project, services: Iterable[Service]) -> None:
        self.project = project
        self.services = {service.taken.symbol: service for service in services}
        self.taken = {symbol: service.taken for symbol, service in self.services.items()}
        self._known: dict[Local, Change] = {}

    def all(self) -> dict[Local, Change]:
        return {symbol: self.of(symbol) for symbol in self.services}

    def of(self, symbol: Local) -> Change:
        if symbol not in self._known:
            self._known[symbol] = Change(refusal="it hands its connection on to itself")
            self._known[symbol] = self._of(self.services[symbol])
        return self._known[symbol]

    def _of(self, service: Service) -> Change:
        taken = service.taken
        try:
            refusal = why_signature_stays(self.project, service.all_taken)
            if refusal:
                return Change(refusal=refusal)
            uses = uses_of(self.project, taken, self.taken)
            reads: dict[object, Read] = {}
            for read in (read for use in uses for read in self._reads(taken, use)):
                reads.setdefault(read.identity, read)
            handed = [use for use in uses if isinstance(use, Handed)]
            users = [
                use.call.span for use in handed if any(read.attribute == "user" for read in self._reads(taken, use))
            ]
            values = values_of(self.project, taken, reads.values(), users)
        except Refused as refused:
            return Change(refusal=str(refused))
        calls = calls_with(self.project, taken, usages(self.project, taken.symbol, by_text=True))
        names = {value.name for value in values.values}
        if any(keyword.name in names for passed in calls.passed for keyword in passed.call.keywords):
            return Change(refusal="a call passes a keyword of the name of one of its values")
        return Change(values, calls, frozenset(use.target for use in handed), calls.refusal)

    def _reads(self, taken: Taken, use: Read | Handed) -> tuple[Read, ...]:
        """What a use of a connection needs of it.

        Raises:
            Refused: it is handed on to a service that stays as it is.
        """
        if isinstance(use, Read):
            return (use,)
        inner = self.of(use.target)
        if inner.refusal:
            raise Refused(f"it hands {taken.param.name} on to {use.call.callee}")
        return tuple(value.read for value in inner.values.values)
