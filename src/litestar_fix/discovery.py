"""Which files a run reads, and why others are skipped."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from litestar_fix.errors import UsageError
from litestar_fix.globs import Patterns
from litestar_fix.result import Problem, Skipped
from litestar_fix.settings import Settings, find_root

MAX_BYTES = 1_000_000
_TOO_LARGE = (
    f"larger than {MAX_BYTES // 1_000_000} MB, not read; if that is as it should be, exclude it in the settings"
)

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})
_ENVIRONMENTS = frozenset({".venv", ".pyenv", ".direnv", "__pypackages__"})
_VENDORED = frozenset({
    "node_modules", "bower_components", "site-packages", "third_party", "third-party",
    "_vendor", "vendored", "_vendored",
})  # fmt: skip
_CACHES = frozenset({
    "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".pytype", ".hypothesis", ".cache", ".tox", ".nox",
    ".eggs", ".ipynb_checkpoints", ".pants.d",
})  # fmt: skip
_SKIPPED_FOLDERS = {
    **dict.fromkeys(_VERSION_CONTROL, "version control"),
    **dict.fromkeys(_ENVIRONMENTS, "virtual environment"),
    **dict.fromkeys(_VENDORED, "vendored"),
    **dict.fromkeys(_CACHES, "cache"),
}
#: Deeper in a tree these may be packages of the application (a shop has vendors).
_SKIPPED_AT_ROOT = {"build": "build output", "dist": "build output", "vendor": "vendored"}
_MANIFESTS = frozenset({
    "pyproject.toml", "setup.cfg", "Pipfile", "Pipfile.lock", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml",
})  # fmt: skip
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


class Discovery(msgspec.Struct, frozen=True):
    """The files of a run, relative to ``root``, sorted.

    ``files`` is what the model covers, ``targets`` the part of it that the user asked for: what is reported and
    written. ``manifests`` are the files that say what the project depends on.
    """

    root: Path
    files: tuple[str, ...]
    targets: tuple[str, ...]
    manifests: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    problems: tuple[Problem, ...]


def discover(paths: Iterable[str | Path], settings: Settings, root: Path | None = None) -> Discovery:
    """Find the Python files of a project.

    Args:
        paths: files and folders that the user asks for; what is named is read even where .gitignore or ``exclude``
            hide it, unless the settings say ``force-exclude``.
        settings: for ``exclude`` and ``force-exclude``.
        root: the project's root; found from the paths when it is None.

    Raises:
        UsageError: a path does not exist, or lies outside the root.
    """
    named = [_existing(path) for path in paths] or [os.getcwd()]
    top = os.path.realpath(root if root is not None else find_root(named))
    wanted = [_relative(path, top) for path in named]
    walk = _Walk(top, settings)
    walk.tree("", _ignores_above(top))
    for path in () if settings.force_exclude else wanted:
        walk.named(path)
    files = tuple(sorted(walk.files))
    return Discovery(
        root=Path(top),
        files=files,
        targets=files if "" in wanted else tuple(file for file in files if _is_below(file, wanted)),
        manifests=tuple(sorted(walk.manifests)),
        skipped=tuple(sorted(walk.skipped.values(), key=lambda item: item.path)),
        problems=tuple(sorted(walk.problems, key=lambda item: item.path)),
    )


def _existing(path: str | Path) -> str:
    if not os.path.exists(path):
        raise UsageError(f"{path}: no such file or folder{_nearby(str(path))}")
    if os.path.islink(path) and os.path.isfile(path):
        # what it points to may lie anywhere, and a folder's links are left alone, too
        raise UsageError(f"{path}: a symbolic link; name the file that it points to: {os.path.realpath(path)}")
    return os.path.realpath(path)


def _nearby(path: str) -> str:
    from litestar_fix.errors import did_you_mean

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return ""
    return did_you_mean(name, [os.path.join(folder, item) if folder else item for item in names])


def _relative(path: str, top: str) -> str:
    if path == top:
        return ""
    below = top if top.endswith(os.sep) else top + os.sep
    if not path.startswith(below):
        raise UsageError(f"{path}: not within the project's root {top}")
    return path.removeprefix(below).replace(os.sep, "/")


def _is_below(file: str, wanted: list[str]) -> bool:
    return any(file == path or file.startswith(f"{path}/") for path in wanted)


class _Ignores(msgspec.Struct, frozen=True):
    """The patterns of one .gitignore: they speak of what lies below ``prefix``, seen from there."""

    patterns: Patterns
    prefix: str
    above: str = ""

    def match(self, path: str, is_folder: bool) -> bool | None:
        return self.patterns.match(self.above + path[len(self.prefix) :], is_folder=is_folder)


def _read_patterns(path: str) -> Patterns:
    try:
        with open(path, "rb") as file:
            return Patterns(file.read(MAX_BYTES).decode("utf-8", "surrogateescape").splitlines())
    except OSError:
        return Patterns(())


def _ignores_above(top: str) -> tuple[_Ignores, ...]:
    """The ignore files of the same repository that lie above the root, and its own exclude file; outermost first."""
    found: list[_Ignores] = []
    folder, above = top, ""
    while not os.path.exists(f"{folder}/.git"):
        folder, name = os.path.split(folder)
        if not name:
            return ()
        above = f"{name}/{above}"
        found.append(_Ignores(_read_patterns(f"{folder}/.gitignore"), "", above))
    found.append(_Ignores(_read_patterns(f"{folder}/.git/info/exclude"), "", above))
    return tuple(item for item in reversed(found) if item.patterns)


_Waiting: TypeAlias = tuple[str, tuple[_Ignores, ...]]


class _Walk:
    """One walk over a project's tree. Paths are relative to its root, with ``/``."""

    def __init__(self, top: str, settings: Settings) -> None:
        self.top = top
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.manifests: set[str] = set()
        self.skipped: dict[str, Skipped] = {}
        self.problems: list[Problem] = []
        self._excluded = Patterns(settings.excluded)

    def tree(self, path: str, ignores: tuple[_Ignores, ...] = (), *, named: bool = False) -> None:
        """Read a folder and all below it; no recursion, because a tree may be deeper than Python's stack."""
        waiting = self._folder(path, ignores, named=named)
        while waiting:
            waiting += self._folder(*waiting.pop())

    def named(self, path: str) -> None:
        """Read what the user names even where the walk left it out."""
        full = f"{self.top}/{path}"
        if (
            path in self.files
            or path in self.folders
            or any(problem.path == _as_text(path) for problem in self.problems)
        ):
            return
        self.skipped.pop(path, None)
        if os.path.isdir(full):
            self.tree(path, named=True)
        else:
            self._file(path, _unfit(os.stat(full)) if path.endswith(".py") else "not a .py file", named=True)

    def _folder(self, path: str, ignores: tuple[_Ignores, ...], *, named: bool = False) -> list[_Waiting]:
        """Take the files of one folder; return the folders in it that are to be read."""
        try:
            with os.scandir(f"{self.top}/{path}") as entries:
                found = list(entries)
        except OSError as error:
            self.problems.append(Problem(path, f"cannot be read: {error.strerror}"))
            return []
        names = {entry.name for entry in found}
        if path and not named and not names.isdisjoint(_ENVIRONMENT_MARKS):
            self._skip(path, "virtual environment")
            return []
        self.folders.add(path)
        prefix = f"{path}/" if path else ""
        if ".gitignore" in names:
            ignores = (*ignores, _Ignores(_read_patterns(f"{self.top}/{prefix}.gitignore"), prefix))
        return [(prefix + entry.name, ignores) for entry in found if self._entry(entry, prefix + entry.name, ignores)]

    def _entry(self, entry: os.DirEntry[str], path: str, ignores: tuple[_Ignores, ...]) -> bool:
        """Take or skip a file; tell of a folder whether it is to be read."""
        is_python = entry.name.endswith(".py")
        if not _is_text(path):
            if is_python or entry.is_dir(follow_symlinks=False):
                self.problems.append(Problem(_as_text(path), "its name is not UTF-8"))
            return False
        if entry.is_dir(follow_symlinks=False):
            reason = self._folder_reason(entry.name, path) or self._hidden(path, ignores, is_folder=True)
            if reason:
                self._skip(path, reason)
            return not reason
        if entry.is_symlink():
            if is_python or entry.is_dir():
                self._skip(path, self._link_reason(path))
        elif is_python:
            reason = self._hidden(path, ignores, is_folder=False)
            self._file(path, reason or _unfit(entry.stat(follow_symlinks=False)))
        elif _is_manifest(entry.name, path) and entry.is_file(follow_symlinks=False):
            self.manifests.add(path)
        return False

    def _file(self, path: str, reason: str, *, named: bool = False) -> None:
        if reason == _TOO_LARGE:
            self.problems.append(Problem(path, reason))
        elif reason:
            self._skip(path, reason, named=named)
        else:
            self.files.add(path)

    def _folder_reason(self, name: str, path: str) -> str:
        if name in _SKIPPED_FOLDERS:
            return _SKIPPED_FOLDERS[name]
        if name.startswith("."):
            return "hidden"
        return _SKIPPED_AT_ROOT.get(name, "") if name == path else ""

    def _hidden(self, path: str, ignores: tuple[_Ignores, ...], *, is_folder: bool) -> str:
        if self._excluded and self._excluded.match(path, is_folder=is_folder):
            return "excluded by the settings"
        for item in reversed(ignores):
            verdict = item.match(path, is_folder)
            if verdict is not None:
                return "ignored by git" if verdict else ""
        return ""

    def _link_reason(self, path: str) -> str:
        target = os.path.realpath(f"{self.top}/{path}")
        is_inside = target == self.top or target.startswith(self.top.rstrip(os.sep) + os.sep)
        return "link within the project" if is_inside else "link that leaves the project"

    def _skip(self, path: str, reason: str, *, named: bool = False) -> None:
        self.skipped[path] = Skipped(path, reason, named)


def _is_manifest(name: str, path: str) -> bool:
    return name in _MANIFESTS or (name.endswith(".txt") and "requirements" in path.lower())


def _unfit(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    return _TOO_LARGE if status.st_size > MAX_BYTES else ""


def _is_text(path: str) -> bool:
    """Tell whether a name can be written down: names of files are bytes, and any bytes may be in them."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_text(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()


def skipped_by_reason(skipped: Iterable[Skipped]) -> Iterator[tuple[str, int]]:
    """Count what was skipped: (reason, number), most frequent first."""
    from collections import Counter

    yield from Counter(item.reason for item in skipped).most_common()
