"""Which groups of edits can be made in one pass: those that touch nothing that an earlier group touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from litestar_fix.edits.values import CommentEdit, Edit, ManifestEdit, NodeEdit
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Class, Function, Span
from litestar_fix.model.project import Project


@dataclass(frozen=True, slots=True)
class Group:
    """All edits of a finding, and of the others of its bundle: they are made together or not at all."""

    finding: Finding
    edits: tuple[Edit, ...]
    others: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that the edits fix."""
        return self.finding, *self.others

    @property
    def code_edits(self) -> tuple[NodeEdit | CommentEdit, ...]:
        """The edits of Python files."""
        return tuple(edit for edit in self.edits if not isinstance(edit, ManifestEdit))

    @property
    def paths(self) -> frozenset[str]:
        """The files that the group changes."""
        return frozenset(edit.path for edit in self.edits)

    @property
    def place(self) -> str:
        """Where the finding is, for messages."""
        return f"{self.finding.path}:{self.finding.span.line} ({self.finding.code})"


@dataclass(frozen=True, slots=True)
class Plan:
    """The groups of one pass, and those that wait for the next one, each with the group it waits for."""

    accepted: tuple[Group, ...]
    deferred: tuple[tuple[Group, Group], ...]


def bundles(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """Put together the findings that have one fix; the order of the first ones stays."""
    found: dict[object, list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.code, finding.bundle) if finding.bundle else finding.key, []).append(finding)
    return [tuple(bundle) for bundle in found.values()]


def plan(groups: Iterable[Group], project: Project) -> Plan:
    """Choose the groups of one pass; of two that touch the same code the first wins."""
    taken: dict[str, list[tuple[_Region, Group]]] = {}
    accepted: list[Group] = []
    deferred: list[tuple[Group, Group]] = []
    for group in groups:
        regions = [(edit.path, _region(edit, project)) for edit in group.code_edits]
        winner = next(
            (owner for path, region in regions for other, owner in taken.get(path, ()) if _conflict(region, other)),
            None,
        )
        if winner is not None:
            deferred.append((group, winner))
            continue
        accepted.append(group)
        for path, region in regions:
            taken.setdefault(path, []).append((region, group))
    return Plan(tuple(accepted), tuple(deferred))


@dataclass(frozen=True, slots=True)
class _Region:
    """Code that an edit may change, and the name of the edits that may change it, too."""

    span: Span
    together: str


def _conflict(left: _Region, right: _Region) -> bool:
    if left.span == right.span:
        return not left.together or left.together != right.together
    return left.span.overlaps(right.span)


def _region(edit: NodeEdit | CommentEdit, project: Project) -> _Region:
    together = edit.together if isinstance(edit, NodeEdit) else ""
    return _Region(_span(edit, project), together)


def _span(edit: NodeEdit | CommentEdit, project: Project) -> Span:
    """The code that an edit may change: a function or class begins with its first decorator."""
    module = project.modules.get(edit.path)
    definitions: tuple[Function | Class, ...] = (*module.functions, *module.classes) if module else ()
    for definition in definitions:
        if definition.span == edit.span and definition.decorators:
            first = min(item.span for item in definition.decorators)
            return Span(first.line, 0, edit.span.end_line, edit.span.end_column)
    return edit.span
