"""What is kept of a fix that was dropped, for the report of a bug: outside the tree, one folder a fix."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

from litestar_fix.edits.values import Edit, ManifestEdit
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.journal import keep, state_folder
from litestar_fix.model.cache import digest
from litestar_fix.model.secret_texts import starred


def save(root: Path, finding: Finding, content: bytes, edits: Iterable[Edit], error: BaseException) -> Path:
    """Save the file as it was, the edits, what came of them and the error.

    Args:
        root: the project's root.
        finding: what was to be fixed.
        content: the file that the edits were made for.
        edits: the edits of that file.
        error: why the fix was dropped.

    Returns:
        The folder.

    Raises:
        OSError: it cannot be written.
    """
    lines = [f"{finding.code} {finding.path}:{finding.span.line} {finding.message}", *map(_line, edits)]
    files = {
        "input.py": content,
        "edits.txt": "\n".join([*lines, ""]).encode("utf-8", "backslashreplace"),
        "error.txt": "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace"),
    }
    if isinstance(error, EditError) and error.output:
        files["output.py"] = error.output
    name = digest(b"\0".join(files.values())).hex()[:12]
    folder = state_folder(root) / "reproducers" / f"{finding.code}-{name}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each, saved in files.items():
        keep(folder / each, _shareable(saved))
    return folder


def _shareable(content: bytes) -> bytes:
    """What may be sent to others: literals that are likely to be secrets are stars, and columns stay what they are."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return "\n".join(map(starred, lines)).encode("utf-8", "surrogateescape")


def _line(edit: Edit) -> str:
    if isinstance(edit, ManifestEdit):
        return repr(edit)
    kind = getattr(edit, "kind", None)
    what = kind.__name__ if kind is not None else repr(edit)
    made = getattr(edit, "rewrite", None)
    where = f"{edit.span.line}:{edit.span.column + 1}-{edit.span.end_line}:{edit.span.end_column + 1}"
    imports = getattr(edit, "imports", ())
    return f"{edit.path}:{where} {what} {getattr(made, '__qualname__', '')} {list(imports) if imports else ''}".rstrip()
