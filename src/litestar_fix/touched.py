"""Which lines of a project changed since a commit: those on disk that the commit does not have.

Git is asked for names and contents alone. It would compare them, too, but run filters and drivers for that which the
repository names; so they are compared here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

from litestar_fix import git
from litestar_fix.errors import UsageError
from litestar_fix.line_map import line_map
from litestar_fix.model.cache import digest

_SUFFIXES = (".py", ".toml", ".txt")


class Lines(msgspec.Struct, frozen=True):
    """Lines of one file, as runs from the first to the last."""

    runs: tuple[tuple[int, int], ...]

    def meet(self, first: int, last: int) -> bool:
        """Whether one of them lies between two lines, these included."""
        return any(start <= last and first <= end for start, end in self.runs)


class Touched(msgspec.Struct, frozen=True):
    """What changed, by path relative to the project's root."""

    files: Mapping[str, Lines]

    def moved(self, path: str, old: bytes, new: bytes) -> Touched:
        """Return the same lines after a file has been rewritten."""
        lines = self.files.get(path)
        if lines is None:
            return self
        before = line_map(old, new)
        kept = [number for number in sorted(before) if lines.meet(before[number], before[number])]
        return Touched({**self.files, path: Lines(tuple((number, number) for number in kept))})

    @property
    def digest(self) -> bytes:
        """The hash of it."""
        return digest(msgspec.msgpack.encode(sorted(self.files.items())))


def since(root: Path, reference: str) -> Touched:
    """Return what the current branch changed since it left another one, committed or not.

    Args:
        root: the project's root.
        reference: a branch, tag or commit.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit, or no common one.
    """
    tree = tree_of(root)
    _commit(tree, reference)
    try:
        base = git.ask(tree, "merge-base", reference, "HEAD").decode().strip()
    except subprocess.SubprocessError:
        raise UsageError(
            f"--since {reference}: it has no commit in common with HEAD; a shallow clone needs `git fetch --unshallow`"
        ) from None
    return _compared(root, tree, _files(tree, base), None)


def changed(root: Path) -> Touched:
    """Return what is not committed yet.

    Raises:
        UsageError: the project lies in no git repository.
    """
    tree = tree_of(root)
    return _compared(root, tree, _files(tree, "HEAD"), None)


def staged(root: Path) -> Touched:
    """Return what is staged for the next commit.

    Raises:
        UsageError: the project lies in no git repository.
    """
    tree = tree_of(root)
    index = _entries(git.ask(tree, "ls-files", "--stage", "-z"), at=1)
    committed = _files(tree, "HEAD")
    return _compared(root, tree, committed, {path for path, name in index.items() if committed.get(path) != name})


def content_at(root: Path, reference: str, path: str) -> bytes | None:
    """Return a file as a commit has it, None where it has none.

    Args:
        root: the project's root.
        reference: the commit.
        path: relative to the root.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit.
    """
    tree = tree_of(root)
    _commit(tree, reference)
    full = os.path.relpath(f"{os.path.realpath(root)}/{path}", tree).replace(os.sep, "/")
    found = git.ask(tree, "ls-tree", "-z", "--full-tree", reference, "--", full)
    if not found:
        return None
    name = found.split()[2].decode("ascii")
    return _contents(tree, [name])[name]


def contents_at(root: Path, reference: str) -> dict[str, bytes]:
    """Return the Python files, settings and manifests of a project as a commit has them, by path.

    Args:
        root: the project's root.
        reference: the commit.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit.
    """
    tree = tree_of(root)
    _commit(tree, reference)
    top = os.path.relpath(os.path.realpath(root), tree).replace(os.sep, "/")
    prefix = "" if top == "." else f"{top}/"
    names = {path: name for path, name in _files(tree, reference).items() if path.startswith(prefix)}
    contents = _contents(tree, names.values())
    return {path.removeprefix(prefix): contents[name] for path, name in names.items()}


def tree_of(root: Path) -> str:
    """Return the work tree that a project lies in.

    Raises:
        UsageError: it lies in none.
    """
    tree = git.work_tree(os.path.realpath(root))
    if not tree:
        raise UsageError(f"{root} lies in no git repository, so nobody knows what changed; name the paths instead")
    return tree


def _commit(tree: str, reference: str) -> None:
    try:
        if reference.startswith("-"):
            raise subprocess.SubprocessError
        git.ask(tree, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    except (OSError, subprocess.SubprocessError, git.NoRepository) as error:
        said = str(error) if isinstance(error, OSError) else "no such commit here; a shallow clone may have to fetch it"
        raise UsageError(f"{reference}: {said}") from None


def _files(tree: str, commit: str) -> dict[str, str]:
    """The names of the contents of a commit, by path; none before the first one."""
    try:
        return _entries(git.ask(tree, "ls-tree", "-r", "-z", "--full-tree", commit), at=2)
    except (OSError, subprocess.SubprocessError, git.NoRepository):
        return {}


def _entries(answer: bytes, *, at: int) -> dict[str, str]:
    found = {}
    for line in filter(None, answer.split(b"\0")):
        about, _, path = line.partition(b"\t")
        if path.endswith(tuple(suffix.encode() for suffix in _SUFFIXES)):
            found[os.fsdecode(path)] = about.split()[at].decode("ascii")
    return found


def _compared(root: Path, tree: str, old: Mapping[str, str], only: Iterable[str] | None) -> Touched:
    top = os.path.relpath(os.path.realpath(root), tree).replace(os.sep, "/")
    prefix = "" if top == "." else f"{top}/"
    here = set(_on_disk(tree)) if only is None else set(only)
    new: dict[str, bytes] = {}
    for path in sorted(here):
        if path.startswith(prefix):
            try:
                new[path] = Path(f"{tree}/{path}").read_bytes()
            except OSError:
                continue  # it is gone, or nobody may read it
    gone = {name for path, name in old.items() if not os.path.exists(f"{tree}/{path}")}
    like = next(iter(old.values()), "")
    names = {path: set(git.blob_names(content, like)) for path, content in new.items()}
    moved = {path for path in new if path not in old and names[path] & gone}
    differing = [path for path in new if path not in moved and old.get(path) not in names[path]]
    contents = _contents(tree, [old[path] for path in differing if path in old])
    files = {}
    for path in differing:
        lines = _new_lines(contents.get(old.get(path, ""), b""), new[path])
        if lines.runs:
            files[path.removeprefix(prefix)] = lines
    return Touched(files)


def _on_disk(tree: str) -> Iterable[str]:
    """The files that git tracks, or would if they were added."""
    answer = git.ask(tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = map(os.fsdecode, filter(None, answer.split(b"\0")))
    return (name for name in names if name.endswith(_SUFFIXES))


def _contents(tree: str, names: Iterable[str]) -> dict[str, bytes]:
    wanted = sorted(set(names))
    if not wanted:
        return {}
    answer = git.ask(tree, "cat-file", "--batch", given="\n".join(wanted).encode() + b"\n")
    found, at = {}, 0
    for name in wanted:
        head, _, _ = answer[at:].partition(b"\n")
        if head.endswith(b" missing"):
            raise UsageError(f"git lacks the content {name}; a partial clone has to fetch it first")
        size, start = int(head.split()[2]), at + len(head) + 1
        found[name] = answer[start : start + size]
        at = start + size + 1
    return found


def _new_lines(old: bytes, new: bytes) -> Lines:
    """The lines of the new content that the old one lacks; where some are gone, those before and after them."""
    before, after = old.splitlines(), new.splitlines()
    runs = []
    for tag, _, _, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "delete":
            runs.append((max(start, 1), min(start + 1, len(after))))
        elif tag != "equal":
            runs.append((start + 1, end))
    return Lines(tuple(runs))
