"""Taking an option away from a layer."""

from __future__ import annotations

import libcst as cst

from litestar_fix.edits.expressions import drop_elements, drop_keyword
from litestar_fix.edits.statements import remove_class_attribute
from litestar_fix.edits.values import NodeEdit
from litestar_fix.model.redundancy import Drop


def drop_option(drop: Drop, *, together: str) -> NodeEdit:
    """Return the edit that takes an option, or some elements of its value, from the layer that sets it."""
    if drop.parts is not None:
        return NodeEdit(drop.path, drop.display, cst.BaseExpression, drop_elements(*drop.parts))
    if drop.is_class:
        return NodeEdit(drop.path, drop.owner, cst.ClassDef, remove_class_attribute(drop.option), together=together)
    return NodeEdit(drop.path, drop.owner, cst.Call, drop_keyword(drop.option), together=together)
