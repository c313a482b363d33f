"""Which fixes of a pass keep the contract: compared all at once, and one by one only where something differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from litestar_fix.errors import LitestarFixError
from litestar_fix.finding import Applicability
from litestar_fix.line_map import opcodes
from litestar_fix.model.collect import collect
from litestar_fix.model.facts import Span
from litestar_fix.model.project import Project
from litestar_fix.plan import Group
from litestar_fix.practice import PracticeRule
from litestar_fix.proof.contract import contract_of
from litestar_fix.proof.values import Place, Value
from litestar_fix.proof.verdicts import Divergence, compare, verdict
from litestar_fix.result import Verdict, VerdictKind


@dataclass(frozen=True, slots=True)
class Judged:
    """A group, and what it does to the contract when it is applied alone.

    ``touches_unknown`` says that its own edits lie in a value that cannot be told.
    """

    group: Group
    verdict: Verdict
    touches_unknown: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether the fix promises to keep the contract."""
        return self.group.finding.applicability is Applicability.SAFE

    @property
    def breaks(self) -> bool:
        """Whether it changes what it promised to keep."""
        return self.is_safe and self.verdict.kind is VerdictKind.CHANGED

    @property
    def hides(self) -> bool:
        """Whether it makes a promise about a value that it edits and that cannot be told."""
        return self.is_safe and self.verdict.kind is VerdictKind.UNKNOWN and self.touches_unknown


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the groups of a pass.

    Args:
        project: the facts after all of them.
        judged: what each of them does.
        waiting: those that have to be judged in a pass of their own.
    """

    project: Project
    judged: tuple[Judged, ...]
    waiting: tuple[Group, ...] = ()

    @property
    def kept(self) -> list[Judged]:
        """The groups that may stand."""
        return [item for item in self.judged if not item.breaks and not item.hides]


@dataclass(slots=True)
class Judge:
    """Compares the contract before a pass with that after it.

    Args:
        project: the facts before the pass.
        rules: the rules by code; each says which fields its fix may change.
        content: returns the content of a file before the pass.
        rewritten: returns the new contents of files when some groups are applied.
    """

    project: Project
    rules: Mapping[str, type[PracticeRule]]
    content: Callable[[str], bytes]
    rewritten: Callable[[Sequence[Group]], Mapping[str, bytes]]
    _alone: dict[int, Judged | None] = field(default_factory=dict)

    def judge(self, groups: Sequence[Group], contents: Mapping[str, bytes]) -> Judgement:
        """Return the verdicts of the groups of a pass.

        Args:
            groups: those that were applied together.
            contents: the files that they change, afterwards.
        """
        project = self._after(contents)
        together = compare(contract_of(self.project), contract_of(project))
        if not self._attribute(groups, together):
            self._settle(groups, contents, together)
        judged = [found for group in groups if (found := self._alone[id(group)]) is not None]
        lost = [group for group in groups if self._alone[id(group)] is None]
        if lost or any(item.breaks or item.hides for item in judged):
            return Judgement(project, tuple(judged), tuple(lost))
        known = {(each.route, each.field) for item in judged for each in item.verdict.differences}
        if all(item.key in known or self._owner(item, groups) for item in together):
            return Judgement(project, tuple(judged))
        # each alone keeps the contract, together they do not: one at a time
        return Judgement(project, tuple(judged[:1]), tuple(item.group for item in judged[1:]))

    def _attribute(self, groups: Sequence[Group], found: list[Divergence]) -> bool:
        """Tell apart, without applying each alone, what fixes do that promise nothing; False where that is not clear.

        What differs on a route belongs to the one of them that edits the route, or the place of a value that differs.
        """
        unsafe = [group for group in groups if group.finding.applicability is not Applicability.SAFE]
        if not unsafe or len(groups) == 1:
            return False
        owned: dict[int, list[Divergence]] = {id(group): [] for group in unsafe}
        own = [item for item in found if not self._owner(item, [group for group in groups if group not in unsafe])]
        for entry in {id(item.entry): item.entry for item in own}.values():
            here = [item for item in own if item.entry is entry]
            places = [*entry.places, *[place for item in here for place in item.before.places]]
            touching = [group for group in unsafe if _edits(group, places)]
            if len(touching) != 1:
                return False
            owned[id(touching[0])] += here
        safe = [group for group in groups if group not in unsafe]
        if safe:
            self._settle_apart(safe)
        self._alone |= {id(group): Judged(group, self._verdict(group, owned[id(group)])) for group in unsafe}
        return True

    def _settle(self, groups: Sequence[Group], contents: Mapping[str, bytes], found: list[Divergence]) -> None:
        """Find out which groups make the differences, by halves."""
        if all(self._owner(item, groups) for item in found):
            for group in groups:
                own = [item for item in found if self._declares(group, item)]
                self._alone.setdefault(id(group), Judged(group, self._verdict(group, own)))
            return
        if len(groups) == 1:
            touches = self._touches_unknown(found, contents)
            self._alone[id(groups[0])] = Judged(groups[0], self._verdict(groups[0], found), touches)
            return
        middle = len(groups) // 2
        for half in (groups[:middle], groups[middle:]):
            unsettled = [group for group in half if id(group) not in self._alone]
            if unsettled:
                self._settle_apart(unsettled)

    def _settle_apart(self, groups: Sequence[Group]) -> None:
        try:
            contents = self.rewritten(groups)
        except LitestarFixError:
            self._alone |= {id(group): None for group in groups}
            return
        self._settle(groups, contents, compare(contract_of(self.project), contract_of(self._after(contents))))

    def _after(self, contents: Mapping[str, bytes]) -> Project:
        changed = [collect(path, content) for path, content in contents.items() if path in self.project.modules]
        return self.project.replace(changed)

    # -------------------------------------------------------------------------------------------------- what is allowed
    def _owner(self, item: Divergence, groups: Iterable[Group]) -> bool:
        return any(self._declares(group, item) for group in groups)

    def _declares(self, group: Group, item: Divergence) -> bool:
        """Whether a group's rule announces a change, and the group edits what it is about."""
        if not item.is_declared(self.rules[group.finding.code].changes):
            return False
        return not item.about or _edits(group, item.about)

    def _verdict(self, group: Group, found: Iterable[Divergence]) -> Verdict:
        return verdict(found, lambda item: self._declares(group, item))

    def _touches_unknown(self, found: Iterable[Divergence], contents: Mapping[str, bytes]) -> bool:
        """Whether some value that cannot be told stands on a line that is changed."""
        unknown = [item for item in found if item.is_unknown]
        lines = _Lines(self.content, contents)
        return any(lines.changed(item.before, 0) or lines.changed(item.after, 1) for item in unknown)


def _edits(group: Group, places: Iterable[Place]) -> bool:
    return any(edit.path == path and edit.span.overlaps(span) for path, span in places for edit in group.code_edits)


@dataclass(slots=True)
class _Lines:
    """The lines that a pass changes: those that are gone, and those that are new."""

    content: Callable[[str], bytes]
    contents: Mapping[str, bytes]
    _ranges: dict[str, tuple[list[range], list[range]]] = field(default_factory=dict)

    def changed(self, value: Value, side: int) -> bool:
        """Whether a value is written on a changed line; ``side`` is 0 for before and 1 for after."""
        return any(self._meets(place, side) for place in value.places)

    def _meets(self, place: Place, side: int) -> bool:
        path, span = place
        if path not in self.contents:
            return False
        if path not in self._ranges:
            self._ranges[path] = _changed_lines(self.content(path), self.contents[path])
        return any(_within(span, lines) for lines in self._ranges[path][side])


def _within(span: Span, lines: range) -> bool:
    return span.line < lines.stop and lines.start <= span.end_line


def _changed_lines(old: bytes, new: bytes) -> tuple[list[range], list[range]]:
    gone, made = [], []
    codes = opcodes(old.splitlines(), new.splitlines())
    for tag, first, last, start, end in codes:
        if tag != "equal":
            gone.append(range(first + 1, last + 1))
            made.append(range(start + 1, end + 1))
    return gone, made
