"""A copy of a project for a proof: outside the tree, with other contents in some files, gone when it was used."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

#: What versions are kept in and what tools keep for themselves: nothing that an application reads.
LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox"}
)
#: Too large to copy, and installed rather than written.
LINKED = frozenset({"node_modules"})


@contextmanager
def copied(root: Path, contents: Mapping[str, bytes]) -> Iterator[Path]:
    """Copy a project.

    Environments and ``node_modules`` are linked. A link into the project leads to the same place in the copy, any other
    link to where it led before.

    Args:
        root: the project.
        contents: what other contents files have in the copy, by relative path.

    Yields:
        The root of the copy; it is removed afterwards, with everything that was written there.
    """
    top = Path(os.path.realpath(root))
    with tempfile.TemporaryDirectory(prefix="litestar-fix-", dir=_place(top), ignore_cleanup_errors=True) as folder:
        copy = Path(os.path.realpath(folder), top.name or "project")
        _copy_folder(str(top), str(copy), (str(top), str(copy)))
        for path, content in contents.items():
            _replace(copy / path, content)
        yield copy


def _place(root: Path) -> str | None:
    """Where temporary folders go, unless that lies in the project."""
    usual = Path(os.path.realpath(tempfile.gettempdir()))
    return str(root.parent) if usual.is_relative_to(root) else None


def _copy_folder(source: str, target: str, roots: tuple[str, str]) -> None:
    os.mkdir(target)
    try:
        entries = sorted(os.scandir(source), key=lambda entry: entry.name)
    except OSError:
        return  # nobody may read it, the application neither
    for entry in entries:
        copy = f"{target}/{entry.name}"
        with suppress(OSError, shutil.SpecialFileError):
            if entry.is_symlink():
                _copy_link(entry.path, copy, roots)
            elif entry.is_file(follow_symlinks=False):
                shutil.copy2(entry.path, copy)
            elif not entry.is_dir(follow_symlinks=False) or entry.name in LEFT_OUT:
                continue
            elif entry.name in LINKED or os.path.exists(f"{entry.path}/pyvenv.cfg"):
                os.symlink(entry.path, copy, target_is_directory=True)
            else:
                _copy_folder(entry.path, copy, roots)


def _copy_link(source: str, target: str, roots: tuple[str, str]) -> None:
    project, copy = roots
    leads_to = os.path.normpath(os.path.join(os.path.dirname(source), os.readlink(source)))
    if leads_to == project or leads_to.startswith(project + os.sep):
        leads_to = os.path.relpath(copy + leads_to[len(project) :], os.path.dirname(target))
    os.symlink(leads_to, target, target_is_directory=os.path.isdir(source))


def _replace(file: Path, content: bytes) -> None:
    with suppress(OSError):
        file.chmod(file.stat().st_mode | stat.S_IWUSR)
    file.write_bytes(content)
