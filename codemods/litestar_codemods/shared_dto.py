"""LSF301: splits a DTO that serves requests and responses into one for each."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits import dto_classes, dto_layers
from litestar_fix.finding import Finding
from litestar_fix.model.dto_places import Anchor
from litestar_fix.model.dto_splits import Split
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.rules.shared_dto import SharedDto


class SharedDtoCommand(PracticeCommand):
    """Writes the classes, and sets them on the layers that use the DTO."""

    rule = SharedDto

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one DTO."""
        split: Split = finding.data
        found = [edit for change in split.changes for edit in dto_layers.changed(project, change)]
        for anchor, source, needs in dto_classes.new_classes(project, split.new):
            edit = dto_classes.inserted(anchor, source, needs)
            if split.unused is not None and _is_that(project, anchor, split.unused):
                edit = edits.NodeEdit(edit.path, edit.span, edit.kind, _instead(source), needs)
            found.append(edit)
        return tuple(dto_layers.merged(found))


def _is_that(project: Project, anchor: Anchor, symbol: Local) -> bool:
    class_ = project.class_(symbol)
    return class_ is not None and (anchor.path, anchor.span) == (symbol.path, class_.span)


def _instead(source: str) -> edits.Rewrite:
    """Put classes in the place of one that nothing names any more, but below one that says more than its config."""

    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        is_plain = len(node.body.body) == 1 and not node.decorators
        return (edits.replace_statement if is_plain else edits.insert_after)(source)(node, config)

    return rewrite
