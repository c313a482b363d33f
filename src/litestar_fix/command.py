"""PracticeCommand: what a codemod is, for our engine and for libcst.tool. The only module that names libcst.codemod.

Detection never imports it: `libcst.codemod` costs more than all other imports together.
"""

from __future__ import annotations

import argparse
from abc import abstractmethod
from typing import ClassVar

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from litestar_fix.apply import apply
from litestar_fix.apply.layout import laid_out
from litestar_fix.edits.values import Edit, ManifestEdit
from litestar_fix.finding import Applicability, Finding
from litestar_fix.model.project import Project
from litestar_fix.plan import Group, bundles, plan
from litestar_fix.practice import PracticeRule, findings
from litestar_fix.proof.checks import check_output
from litestar_fix.provider import ProjectProvider, View

__all__ = ["PracticeCommand"]


class PracticeCommand(CodemodCommand):
    """A practice that is put into code: it turns a finding of its rule into edits."""

    METADATA_DEPENDENCIES = (ProjectProvider,)

    rule: ClassVar[type[PracticeRule]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.DESCRIPTION = (cls.rule.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    @abstractmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[Edit, ...]:
        """Return the edits of one finding: all of them are made, or none.

        Only asked for a finding that is `Finding.fixable`; it decides nothing that `PracticeRule.find` did not decide.
        """

    # ----------------------------------------------------------------------------------------- libcst.tool's side
    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of ``python -m libcst.tool codemod``."""
        arg_parser.add_argument(
            "--unsafe-fixes", action="store_true", help="also apply fixes that change behaviour on purpose"
        )

    def __init__(self, context: CodemodContext, unsafe_fixes: bool = False) -> None:
        super().__init__(context)
        self.unsafe_fixes = unsafe_fixes

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Apply what lies in this file of all fixes whose files are all among those of this run."""
        view: View = self.get_metadata(ProjectProvider, tree)
        groups = []
        for finding, *others in bundles(filter(self._is_wanted, findings(self.rule, view.project))):
            group = Group(finding, self.edits(view.project, finding), tuple(others))
            beyond = sorted({edit.path for edit in group.code_edits} - view.writable)
            if not beyond:
                groups.append(group)
            elif finding.path == view.path:
                self._leave(finding, f"its fix also changes {', '.join(beyond)}, not among the files of this run")
        chosen = plan(groups, view.project)
        for group, winner in chosen.deferred:
            if group.finding.path == view.path:
                self._leave(group.finding, f"in conflict with the fix at {winner.place}; run again")
        own = [edit for group in chosen.accepted for edit in group.code_edits if edit.path == view.path]
        self._warn_of_manifests(view, chosen.accepted)
        if not own:
            return tree
        new = apply(tree.bytes, own, view.surroundings)
        check_output(tree.bytes, new, own, view.surroundings)
        return cst.parse_module(laid_out(tree.bytes, new, view.surroundings))

    def _is_wanted(self, finding: Finding) -> bool:
        return finding.fixable and (self.unsafe_fixes or finding.applicability is not Applicability.UNSAFE)

    def _warn_of_manifests(self, view: View, accepted: tuple[Group, ...]) -> None:
        for group in accepted:
            for edit in group.edits:
                if isinstance(edit, ManifestEdit) and group.finding.path == view.path:
                    self._leave(group.finding, f"{edit.path} is to be changed as well: run `litestar-fix fix`")

    def _leave(self, finding: Finding, reason: str) -> None:
        self.warn(f"{finding.path}:{finding.span.line}: {finding.code} {finding.message} ({reason})")
