"""LSF102: moves what all members of a router or an application repeat onto it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.options import drop_option
from litestar_fix.edits.text import text_of
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Dict, Seq
from litestar_fix.model.project import Project
from litestar_fix.rules.repeated_controller_config import Lift, Moved, RepeatedControllerConfig


class RepeatedControllerConfigCommand(PracticeCommand):
    """One call gets the option, or its list more elements; each class, decorator and router loses it."""

    rule = RepeatedControllerConfig

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one router or application and of all that it registers."""
        lift: Lift = finding.data
        gained = [edit for moved in lift.moved for edit in _gained(project, lift, moved, cls.rule.code)]
        return (*gained, *[drop_option(drop, together=cls.rule.code) for drop in lift.drops])


def _gained(project: Project, lift: Lift, moved: Moved, together: str) -> Iterator[edits.NodeEdit]:
    names, needs = _names(project, lift, moved)
    if moved.display is None:
        texts = [text_of(value, names) for value in moved.values]
        text = f"[{', '.join(texts)}]" if moved.is_list else texts[0]
        yield edits.NodeEdit(lift.path, lift.span, cst.Call, edits.set_keyword(moved.option, text), needs, together)
        return
    added = edits.compose(*_added(moved, names))
    yield edits.NodeEdit(lift.path, moved.display, cst.BaseExpression, added, needs)


def _added(moved: Moved, names: Mapping[str, str]) -> Iterator[edits.Rewrite]:
    elements = moved.values if moved.is_list else ()
    for value in moved.values if not moved.is_list else ():
        match value:
            case Seq(items=items):
                elements = (*elements, *items)
            case Dict(keys=keys, values=entries):
                for key, entry in zip(keys, entries, strict=True):
                    if key is not None:
                        yield edits.add_element(text_of(key, names), value=text_of(entry, names))
    yield from (edits.add_element(text_of(element, names)) for element in elements)


def _names(project: Project, lift: Lift, moved: Moved) -> tuple[dict[str, str], tuple[edits.ImportNeed, ...]]:
    module = project.modules[lift.path]
    names: dict[str, str] = {}
    needs: list[edits.ImportNeed] = []
    for item in moved.names:
        if not item.module:
            names[item.written] = item.name
            continue
        if item.name:
            local, more = edits.bind_import(project, module, item.module, item.name, scope=lift.scope)
        else:
            local, more = edits.bind_module(project, module, item.module, scope=lift.scope)
        names[item.written] = f"{local}{item.rest}"
        needs += more
    return names, tuple(needs)
