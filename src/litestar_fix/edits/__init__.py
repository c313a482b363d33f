"""What a codemod writes with: edits as values, rewrites of nodes, and the imports that new code needs."""

from __future__ import annotations

from litestar_fix.edits.bindings import bind_import, bind_module
from litestar_fix.edits.expressions import (
    add_element,
    drop_argument,
    drop_elements,
    drop_keyword,
    insert_argument,
    name_argument,
    rename_call,
    rename_keyword,
    replace_expression,
    set_annotation,
    set_argument,
    set_keyword,
    wrap_expression,
)
from litestar_fix.edits.statements import (
    add_class_attribute,
    insert_after,
    insert_before,
    make_async,
    remove_class_attribute,
    remove_statement,
    replace_statement,
    wrap_statements,
)
from litestar_fix.edits.values import (
    CommentEdit,
    Edit,
    ImportNeed,
    ManifestEdit,
    NodeEdit,
    Result,
    Rewrite,
    compose,
)

__all__ = [
    "CommentEdit",
    "Edit",
    "ImportNeed",
    "ManifestEdit",
    "NodeEdit",
    "Result",
    "Rewrite",
    "add_class_attribute",
    "add_element",
    "bind_import",
    "bind_module",
    "compose",
    "drop_argument",
    "drop_elements",
    "drop_keyword",
    "insert_after",
    "insert_argument",
    "insert_before",
    "make_async",
    "name_argument",
    "remove_class_attribute",
    "remove_statement",
    "rename_call",
    "rename_keyword",
    "replace_expression",
    "replace_statement",
    "set_annotation",
    "set_argument",
    "set_keyword",
    "wrap_expression",
    "wrap_statements",
]
