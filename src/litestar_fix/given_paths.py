"""Which fixes stay within the paths of a run: the model covers the whole project, but only the paths are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from litestar_fix.edits.values import ManifestEdit
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.plan import bundles
from litestar_fix.practice import PracticeRule, command_for


def within_paths(
    project: Project, rules: Mapping[str, type[PracticeRule]], findings: Sequence[Finding], *, manifests: bool = True
) -> list[Finding]:
    """Refuse the fixes that would also change files beside the paths of the run.

    Only the edits themselves say which files a fix changes. So codemods are asked for them even where nothing is to be
    fixed.

    Args:
        project: what was asked; it knows the paths.
        rules: those that made the findings, by code.
        findings: what they found.
        manifests: whether these may be changed although they are not among the paths.

    Returns:
        The same findings in the same order, some of them refused.
    """
    refusals: dict[int, str] = {}
    for bundle in bundles(finding for finding in findings if finding.fixable):
        reason = _reason(project, rules[bundle[0].code], bundle[0], manifests=manifests)
        refusals |= {id(finding): reason for finding in bundle if reason}
    return [
        replace(finding, refusal=refusals[id(finding)]) if id(finding) in refusals else finding for finding in findings
    ]


def _reason(project: Project, rule: type[PracticeRule], finding: Finding, *, manifests: bool) -> str:
    beyond = ", ".join(sorted(set(_paths_beyond(project, rule, finding, manifests=manifests))))
    return f"its fix also changes {beyond}, which is not among the given paths" if beyond else ""


def _paths_beyond(project: Project, rule: type[PracticeRule], finding: Finding, *, manifests: bool) -> Iterator[str]:
    try:
        edits = command_for(rule).edits(project, finding)
    except Exception:  # noqa: BLE001 (a codemod that fails is named when its fix is wanted)
        return
    for edit in edits:
        is_allowed = manifests if isinstance(edit, ManifestEdit) else project.is_writable(edit.path)
        if not is_allowed:
            yield edit.path
