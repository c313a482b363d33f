"""ProjectProvider: the model of a whole project as one LibCST metadata provider, for Fixit and libcst.tool."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import libcst as cst
import msgspec
from libcst.metadata import BaseMetadataProvider

from litestar_fix.discovery import discover
from litestar_fix.model.cache import Store, digest
from litestar_fix.model.collect import collect
from litestar_fix.model.contents import hash_files
from litestar_fix.model.facts import Module
from litestar_fix.model.gather import gather
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings, find_root, load
from litestar_fix.surroundings import Surroundings

_MARKERS = ("litestar-fix.toml", "pyproject.toml", ".git")
_LONE = "stdin.py"


@dataclass(frozen=True)
class View:
    """What one file sees: the project, in which the live tree stands for the file on disk.

    ``writable`` are the files that this run may change.
    """

    project: Project
    path: str
    writable: frozenset[str]

    @cached_property
    def surroundings(self) -> Surroundings:
        """What the project knows about the names of this file."""
        return Surroundings(self.project, self.path)


@dataclass(frozen=True, slots=True)
class Handle:
    """What `ProjectProvider.gen_cache` gives to a file: small, because libcst.tool pickles all of them for each."""

    snapshot: str
    path: str
    writable: frozenset[str]

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self.snapshot, _stored(self.snapshot), self.path, self.writable)


class ProjectProvider(BaseMetadataProvider[View]):
    """Gives the module node a `View`.

    Args:
        cache: what `gen_cache` made for the file; without one (stdin, tests) the project is the live module alone.
    """

    @classmethod
    def gen_cache(cls, root_path: Path, paths: Sequence[str], **_: Any) -> Mapping[str, object]:
        """Collect the project that the paths belong to.

        Args:
            root_path: what the host takes for the root; the project's own root may lie deeper.
            paths: the files of this run, the only ones that it can change.
        """
        files = {path: _real(root_path, path) for path in paths}
        if not all(os.path.isfile(file) for file in files.values()):
            return {path: Handle("", path, frozenset({path})) for path in paths}
        root = _root(os.path.realpath(root_path), list(files.values()))
        relative = {path: Path(os.path.relpath(file, root)).as_posix() for path, file in files.items()}
        snapshot = _take(root)
        writable = frozenset(relative.values())
        return {path: Handle(snapshot, name, writable) for path, name in relative.items()}

    def __init__(self, cache: object = None) -> None:
        # LibCST does not make a provider that could have a cache without one
        self.handle = cache if isinstance(cache, Handle) else Handle("", _LONE, frozenset({_LONE}))
        super().__init__(self.handle)

    def _gen_impl(self, module: cst.Module) -> None:
        handle = self.handle
        snapshot = _given(handle.snapshot)
        content = module.bytes
        project = snapshot.project
        if snapshot.digests.get(handle.path) != digest(content):
            project = project.replace([collect(handle.path, content)])
        self.set_metadata(module, View(project, handle.path, handle.writable))


# -------------------------------------------------------------------------------------------------------- snapshots
@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A project as it was at one moment; hosts write files while others are still being looked at."""

    project: Project
    digests: Mapping[str, bytes]
    stats: Mapping[str, tuple[int, int]]


class _Stored(msgspec.Struct, array_like=True):
    root: str
    settings: Settings
    modules: dict[str, Module]
    digests: dict[str, bytes]


_KEPT = 4
_snapshots: dict[str, _Snapshot] = {}
_current: dict[str, tuple[str, float]] = {}
_files: dict[str, str] = {}
_numbers = count(1)


def forget() -> None:
    """Forget all projects: the next file is looked at afresh."""
    _current.clear()
    _snapshots.clear()


def _take(root: str) -> str:
    """Return the name of a snapshot of the project. The files are looked at again now and then, not for every file."""
    name, due = _current.get(root, ("", 0.0))
    started = time.monotonic()
    if name in _snapshots and started < due:
        return name
    settings = load(Path(root))
    found = discover([root], settings, Path(root))
    stats = {path: _stat(f"{root}/{path}") for path in found.files}
    known = _snapshots.get(name)
    if known is None or known.stats != stats or known.project.settings != settings:
        sources = hash_files(Path(root), found.files)
        gathered = gather(Path(root), sources, Store.of(Path(root)), jobs=1)
        name = f"{root} {os.getpid()} {next(_numbers)}"
        _snapshots[name] = _Snapshot(Project(Path(root), gathered.modules, settings), sources.digests, stats)
        for old in list(_snapshots)[:-_KEPT]:
            del _snapshots[old]
    finished = time.monotonic()
    _current[root] = name, finished + max(1.0, 20 * (finished - started))
    return name


def _given(name: str) -> _Snapshot:
    return _snapshots[name] if name else _Snapshot(Project(Path(), {}, Settings()), {}, {})


def _stat(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _stored(name: str) -> str:
    """Write a snapshot to a file for processes that are not forked from this one; return it, '' if none is needed."""
    if not name or multiprocessing.get_start_method() == "fork":
        return ""
    if name not in _files:
        project, digests = _snapshots[name].project, dict(_snapshots[name].digests)
        content = msgspec.msgpack.encode(_Stored(str(project.root), project.settings, project.modules, digests))
        descriptor, file = tempfile.mkstemp(prefix="litestar-fix-")
        with open(descriptor, "wb") as stream:
            stream.write(content)
        atexit.register(Path(file).unlink, missing_ok=True)
        _files[name] = file
    return _files[name]


def _received(name: str, file: str, path: str, writable: frozenset[str]) -> Handle:
    if file and name not in _snapshots:
        stored = msgspec.msgpack.decode(Path(file).read_bytes(), type=_Stored)
        project = Project(Path(stored.root), stored.modules, stored.settings)
        _snapshots[name] = _Snapshot(project, stored.digests, {})
    return Handle(name, path, writable)


# ------------------------------------------------------------------------------------------------------------- roots
def _real(host: Path, path: str) -> str:
    """The file that a host means: libcst.tool opens relative paths from the working directory, whatever its root is."""
    return os.path.realpath(path if os.path.isfile(path) else os.path.join(host, path))


def _root(host: str, files: Sequence[str]) -> str:
    """The project's root: the nearest one above the files, within what the host takes for the root."""
    root = str(find_root(files))
    if host == os.sep:
        return root
    is_within = f"{root}{os.sep}".startswith(f"{host}{os.sep}")
    return root if is_within and any(os.path.exists(f"{root}/{marker}") for marker in _MARKERS) else host
