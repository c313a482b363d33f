"""The trees that are measured: pinned real projects, or any folder, copied once or many times."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

SMALL = (
    "litestar-flags==0.2.2",
    "litestar-saq==0.8.0",
    "litestar-users==2.0.1",
    "litestar-workflows==0.3.3",
    "starlite-saqlalchemy==0.30.0",
)
LARGE = ("advanced-alchemy==1.12.0", "litestar-mcp==0.16.0", "litestar-queues==0.12.0")
KEPT_SUFFIXES = {".py", ".toml", ".cfg", ".txt"}


@dataclass(frozen=True)
class Tree:
    """A folder with Python files, and how much there is of it.

    Args:
        root: the folder that the tools are given.
        files: every Python file in it that this Python can parse.
        lines: physical lines of those files.
    """

    root: Path
    files: tuple[Path, ...]
    lines: int


def download(requirements: tuple[str, ...], folder: Path) -> Path:
    """Download and unpack pinned source distributions; what is there already is used again.

    Args:
        requirements: ``name==version`` each.
        folder: where archives and unpacked trees are kept.

    Returns:
        The folder that holds one unpacked tree a requirement.

    Raises:
        subprocess.CalledProcessError: pip could not get one of them.
    """
    archives, unpacked = folder / "archives", folder / f"unpacked-{len(requirements)}"
    archives.mkdir(parents=True, exist_ok=True)
    for requirement in requirements:
        stem = requirement.replace("-", "_").replace("==", "-")
        target = unpacked / stem
        if target.is_dir():
            continue
        archive = archives / f"{stem}.tar.gz"
        if not archive.exists():
            # --no-binary reaches the build backends that pip installs to read metadata: `:all:` would build those, too.
            name = requirement.partition("==")[0]
            options = ["--no-deps", "--no-binary", name, "--quiet", "--dest", str(archives)]
            subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=True)
        with tarfile.open(archive) as opened:
            opened.extractall(unpacked, filter="data")
    return unpacked


def copied(source: Path, target: Path, copies: int = 1) -> Tree:
    """Copy the sources and manifests of a folder, so that every tool sees the same files and no ignore file.

    Args:
        source: any folder.
        target: created; its root gets a manifest of its own, so that it is one project.
        copies: how many times, in folders next to each other.
    """
    target.mkdir(parents=True)
    (target / "pyproject.toml").write_text('[project]\nname = "measured"\nversion = "0"\n', encoding="utf-8")
    for number in range(copies):
        _copy(source, target / f"copy_{number:03}", number)
    files = tuple(sorted(target.rglob("*.py")))
    return Tree(target, files, sum(_lines(file) for file in files))


def lines_of(source: Path) -> int:
    """Physical lines of the Python files of a folder that would be copied."""
    return sum(_lines(path) for path in _kept(source) if path.suffix == ".py")


def _kept(source: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(source):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        found += [Path(folder, name) for name in sorted(names) if _is_kept(Path(folder, name))]
    return found


def _is_kept(path: Path) -> bool:
    if path.suffix not in KEPT_SUFFIXES or path.is_symlink() or not path.is_file():
        return False
    return path.suffix != ".py" or _parses(path)


def _parses(path: Path) -> bool:
    """Whether the file is Python for this interpreter: a tool that gives up early must not look fast."""
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _copy(source: Path, target: Path, number: int) -> None:
    for path in _kept(source):
        destination = target / path.relative_to(source)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
        if number and path.suffix == ".py":
            # files of equal content are read once, which would make growth look better than it is
            with destination.open("ab") as opened:
                opened.write(b"\n# copy %d\n" % number)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
