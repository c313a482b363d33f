"""Applying edits to one file: nodes are found by position, rewritten inside-out, and the imports follow.

Bytes outside the edits stay as they are: LibCST keeps encoding, byte order mark, newlines and whitespace of what is not
touched.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from litestar_fix.apply.depth import with_room
from litestar_fix.apply.imports import add_imports
from litestar_fix.apply.lines import split_lines
from litestar_fix.apply.locate import locate
from litestar_fix.apply.meaning import check_meaning
from litestar_fix.apply.orphans import drop_orphans
from litestar_fix.apply.transform import Transform
from litestar_fix.edits.values import CommentEdit, NodeEdit
from litestar_fix.errors import EditError
from litestar_fix.surroundings import Surroundings


def apply(source: bytes, edits: Iterable[NodeEdit | CommentEdit], surroundings: Surroundings) -> bytes:
    """Return the file with the edits made.

    Args:
        source: the file's content, the one that the edits were made for.
        edits: the edits of this file; those of different groups must not meet.
        surroundings: what the project knows about the names of the file.

    Raises:
        EditError: the file cannot be parsed, an edit does not fit it, or the result is no Python.
    """
    return with_room(_apply, source, list(edits), surroundings)


def _apply(source: bytes, chosen: list[NodeEdit | CommentEdit], surroundings: Surroundings) -> bytes:
    module = parse(source)
    known = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    module, positions = split_lines(module, known, chosen)
    targets = locate(module, positions, chosen)
    changed = rewrite(module, Transform(targets, module.config_for_parsing))
    needs = [need for edit in chosen if isinstance(edit, NodeEdit) for need in edit.imports]
    if needs:
        own_packages = surroundings.own_packages((need.module, need.name) for need in needs)
        changed = add_imports(changed, needs, own_packages)
    changed = drop_orphans(source, changed, surroundings)
    return check_meaning(changed, targets.parents)


def parse(source: bytes) -> cst.Module:
    """Parse a file.

    Raises:
        EditError: LibCST cannot parse it, or does not give it back byte for byte: it is not lossless for every file.
    """
    try:
        module = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        raise EditError(f"LibCST cannot parse line {error.raw_line}: {error.message}") from error
    except (ValueError, LookupError) as error:
        raise EditError(f"LibCST cannot read it: {error}") from error
    if module.bytes != source:
        raise EditError("LibCST does not give the file back byte for byte")
    return module


def rewrite(module: cst.Module, transform: cst.CSTTransformer) -> cst.Module:
    """Run a transform over a module.

    Raises:
        EditError: a rewrite made a node that LibCST does not accept.
    """
    try:
        return cst.ensure_type(module.visit(transform), cst.Module)
    except (EditError, RecursionError):
        raise
    except Exception as error:  # whatever a codemod's own code raises
        raise EditError(f"a rewrite failed: {error}") from error
