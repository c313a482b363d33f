"""What a rewritten file must pass before it may be written: the result is checked, not the rewriter.

Two checks come earlier, where the tree is at hand: that LibCST gives the input back byte for byte (`apply.parse`), and
that the output reads as the tree that was meant (`apply.meaning`). Two come later: a fix after which its finding is
still there is taken back (`rewriting`), and a file that is not on the disk as it was read is left (`write`).
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Collection

from litestar_fix.edits.values import CommentEdit, NodeEdit
from litestar_fix.errors import EditError
from litestar_fix.proof.comments import check_comments
from litestar_fix.proof.names import check_names
from litestar_fix.proof.outside import check_outside
from litestar_fix.proof.version import Version
from litestar_fix.surroundings import Surroundings

#: The oldest Python whose grammar `ast` can hold code to.
_OLDEST = (3, 7)


def check_output(old: bytes, new: bytes, edits: Collection[NodeEdit | CommentEdit], surroundings: Surroundings) -> None:
    """Check a rewritten file.

    Args:
        old: its content before.
        new: its content after.
        edits: the edits that were made.
        surroundings: what the project knows about the names of the file.

    Raises:
        EditError: it is no Python any more or needs a newer one, a comment is gone, code changed that is not edited, or
            a name is not bound.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = Version(old, ast.parse(old))
            after = Version(new, check_syntax(old, new))
            check_comments(old, new, [_comment(old, edit) for edit in edits if isinstance(edit, CommentEdit)])
            check_outside(before, new, edits)
            check_names(before, after, surroundings)
    except EditError as error:
        error.output = new
        raise
    except Exception as error:  # what cannot be checked is not written
        failed = EditError(f"the result cannot be checked: {type(error).__name__}: {error}")
        failed.output = new
        raise failed from error


def check_syntax(old: bytes, new: bytes) -> ast.Module:
    """Return the tree of a rewritten file.

    Raises:
        EditError: it is no Python, cannot be compiled, or needs a newer Python than the file did.
    """
    try:
        tree = ast.parse(new, feature_version=_OLDEST)
    except (SyntaxError, ValueError):
        tree = _newer(old, new)
    problem = _compile_problem(new)
    if problem and not _compile_problem(old):
        raise EditError(f"the result is not valid Python: {problem}")
    return tree


def _newer(old: bytes, new: bytes) -> ast.Module:
    """The tree of a file that the oldest grammar does not know."""
    try:
        tree = ast.parse(new)
    except (SyntaxError, ValueError) as error:
        raise EditError(f"the result is not valid Python: {error}") from None
    needed = _needed(old)
    try:
        ast.parse(new, feature_version=needed)
    except SyntaxError as error:
        raise EditError(f"the result needs a newer Python than the file did: {error.msg}") from None
    return tree


def _needed(source: bytes) -> tuple[int, int]:
    """The oldest Python whose grammar knows a file."""
    import sys

    for minor in range(_OLDEST[1], sys.version_info.minor):
        try:
            ast.parse(source, feature_version=(3, minor))
        except SyntaxError:
            continue
        return 3, minor
    return 3, sys.version_info.minor


def _compile_problem(source: bytes) -> str:
    """What only the compiler sees: `await` outside of a coroutine, an argument twice, `return` in a class."""
    try:
        compile(source, "<result>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


def _comment(source: bytes, edit: CommentEdit) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    line = io.StringIO(source.decode(encoding), newline=None).read().split("\n")[edit.span.line - 1]
    return line[edit.span.column : edit.span.end_column].rstrip()
