"""Two contracts compared, and what the difference means for the fix that made it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from litestar_fix.proof.contract import Contract, Entry
from litestar_fix.proof.values import UNSET, Place, Value
from litestar_fix.result import Difference, Verdict, VerdictKind


@dataclass(frozen=True, slots=True)
class Divergence:
    """A field that is not what it was.

    Args:
        entry: what held before; for a new route, what holds after.
        field: its name.
        before, after: its values.
        about: what the field is about, in the text before; empty where it is about the route as such.
    """

    entry: Entry
    field: str
    before: Value
    after: Value
    about: tuple[Place, ...]

    @property
    def is_unknown(self) -> bool:
        """Whether it cannot be told if the value is another one: what is unknown about it is not the same."""
        return self.before.unknown != self.after.unknown

    def is_declared(self, fields: Collection[str]) -> bool:
        """Whether it is one of the fields that a rule declares: that very field, or a part of it."""
        name = _without_key(self.field)
        return any(name == each or name.startswith(f"{each}.") for each in fields)

    @property
    def key(self) -> tuple[str, str]:
        """The route and the field."""
        return self.entry.label, self.field


def _without_key(name: str) -> str:
    """``dependencies[session].kind`` is ``dependencies.kind``; keys may hold brackets themselves."""
    head, bracket, rest = name.partition("[")
    return head + rest.rpartition("]")[2] if bracket else name


# ---------------------------------------------------------------------------------------------------------- comparison
def compare(before: Contract, after: Contract) -> list[Divergence]:
    """Return every field that differs, routes first, then what Litestar adds by itself."""
    found = [divergence for pair in _pairs(before.entries, after.entries) for divergence in _compared(*pair)]
    return sorted(found, key=lambda item: item.field.startswith("options"))


def _pairs(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Put together what stands for the same route: by all that names it, then by ever less of that."""
    old, new = list(before), list(after)
    keys: tuple[Callable[[Entry], Hashable], ...] = (
        lambda entry: (entry.origin, entry.handler, entry.where),
        lambda entry: (entry.origin, entry.where),
        lambda entry: (entry.origin, entry.handler),
        lambda entry: entry.where,
        lambda entry: entry.handler,
    )
    for key in keys:
        waiting: defaultdict[Hashable, list[Entry]] = defaultdict(list)
        for entry in new:
            waiting[key(entry)].append(entry)
        alone = []
        for entry in old:
            if waiting[key(entry)]:
                yield entry, waiting[key(entry)].pop(0)
            else:
                alone.append(entry)
        old, new = alone, [entry for entry in new if any(entry is left for left in waiting[key(entry)])]
    yield from ((entry, None) for entry in old)
    yield from ((None, entry) for entry in new)


def _compared(old: Entry | None, new: Entry | None) -> Iterator[Divergence]:
    if old is None or new is None:
        entry = old or new
        if entry is not None:
            field = "options" if entry.handler == "automatic" else "route"
            there, gone = Value(entry.handler or "there"), Value("none")
            yield Divergence(
                entry, field, there if old else gone, there if new else gone, _about(entry, field) if old else ()
            )
        return
    for field in dict.fromkeys((*old.fields, *new.fields)):
        before, after = _value(old.fields, field), _value(new.fields, field)
        if before != after:
            yield Divergence(old, field, before, after, _about(old, field))


def _value(fields: Mapping[str, Value], name: str) -> Value:
    """The value of a field; one that is not there is as unknown as the rest of its mapping is."""
    found = fields.get(name)
    if found is not None:
        return found
    rest = fields.get(f"{name.partition('[')[0]}[**]")
    return UNSET.noting(rest.unknown) if rest is not None else UNSET


def _about(entry: Entry, field: str) -> tuple[Place, ...]:
    return next((places for start, places in entry.about.items() if field.startswith(start)), ())


# ------------------------------------------------------------------------------------------------------------ verdicts
def verdict(divergences: Iterable[Divergence], declares: Callable[[Divergence], bool]) -> Verdict:
    """Return what a fix does to the contract.

    Args:
        divergences: what differs after it.
        declares: tells whether the fix's rule says that this may change.
    """
    return Verdict.of(_difference(item, is_declared=declares(item)) for item in divergences)


def _difference(item: Divergence, *, is_declared: bool) -> Difference:
    kind = VerdictKind.UNKNOWN if item.is_unknown else VerdictKind.CHANGED
    return Difference(item.entry.label, item.field, item.before.text, item.after.text, kind, is_declared)
