"""Which lines of a project changed since a commit: those on disk that the commit does not have.

Git is asked for names and contents alone. It would compare them, too, but run filters and drivers for that which the
repository names; so they are compared here.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from litestar_fix import git
from litestar_fix.errors import UsageError
from litestar_fix.line_map import line_map, opcodes
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
    index = _analysed(_entries(_asked(tree, "ls-files", "--stage", "-z"), at=1))
    committed = _files(tree, "HEAD")
    return _compared(root, tree, committed, {path for path, name in index.items() if committed.get(path) != name})


def content_at(root: Path, reference: str, path: str) -> bytes | None:
    """Return a file as a commit has it, None where it has none.

    Args:
        root: the project's root.
        reference: the commit.
        path: relative to the root.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit, or the file is a link in it.
    """
    tree = tree_of(root)
    _commit(tree, reference)
    full = os.path.relpath(f"{os.path.realpath(root)}/{path}", tree).replace(os.sep, "/")
    found = _entries(_asked(tree, "ls-tree", "-z", "--full-tree", reference, "--", full), at=2).get(full)
    if found is None:
        return None
    if not found.is_file:
        raise UsageError(f"{full}: a link, a folder or a submodule at {reference}; it must be a file")
    return _contents(tree, [found.name])[found.name]


class Held(msgspec.Struct, frozen=True):
    """A file of a commit: its mode, and the name of its content."""

    mode: str
    name: str

    @property
    def is_file(self) -> bool:
        """Whether it is a file, and neither a link nor another repository."""
        return self.mode in ("100644", "100755")


def held_at(root: Path, reference: str) -> dict[str, Held]:
    """Return all files of the repository that a project lies in, as a commit has them, by path from its top.

    Args:
        root: the project's root.
        reference: the commit.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit, or it has a path that leads out.
    """
    tree = tree_of(root)
    _commit(tree, reference)
    found = _entries(_asked(tree, "ls-tree", "-r", "-z", "--full-tree", reference), at=2)
    for path in found:
        if path.startswith("/") or not {"", ".", "..", ".git"}.isdisjoint(path.split("/")) or "\\" in path:
            raise UsageError(f"{reference}: it has a file called {path!r}, which no checkout could hold")
    return found


def contents(root: Path, files: Iterable[Held]) -> dict[str, bytes]:
    """Return the contents of files of commits, by their names.

    Raises:
        UsageError: the project lies in no git repository, or that lacks one of them.
    """
    return _contents(tree_of(root), [file.name for file in files])


def prefix_of(root: Path) -> str:
    """Return what comes before the paths of a project in its repository: '' or a path that ends in ``/``."""
    top = os.path.relpath(os.path.realpath(root), tree_of(root)).replace(os.sep, "/")
    return "" if top == "." else f"{top}/"


def is_analysed(path: str) -> bool:
    """Whether a file of this name may be analysed, or be a manifest."""
    return path.endswith(_SUFFIXES)


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
        _asked(tree, "rev-parse", "--git-dir")  # where git does not even know that, it says why
        said = str(error) if isinstance(error, OSError) else "no such commit here; a shallow clone may have to fetch it"
        raise UsageError(f"{reference}: {said}") from None


def _files(tree: str, commit: str) -> dict[str, str]:
    """The names of the contents of a commit, by path; none before the first one."""
    try:
        return _analysed(_entries(git.ask(tree, "ls-tree", "-r", "-z", "--full-tree", commit), at=2))
    except (OSError, subprocess.SubprocessError, git.NoRepository):
        return {}


def _entries(answer: bytes, *, at: int) -> dict[str, Held]:
    found = {}
    for line in filter(None, answer.split(b"\0")):
        about, _, path = line.partition(b"\t")
        words = about.decode("ascii").split()
        found[os.fsdecode(path)] = Held(words[0], words[at])
    return found


def _analysed(files: Mapping[str, Held]) -> dict[str, str]:
    return {path: file.name for path, file in files.items() if file.is_file and is_analysed(path)}


def _asked(tree: str, *words: str) -> bytes:
    """What git answers.

    Raises:
        UsageError: in its own words, why it does not.
    """
    try:
        return git.ask(tree, *words)
    except git.NoRepository:
        raise UsageError(f"{tree}/.git is no repository that git can read") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git cannot be asked what changed: {error}") from None


def _compared(root: Path, tree: str, old: Mapping[str, str], only: Iterable[str] | None) -> Touched:
    prefix = prefix_of(root)
    here = set(_on_disk(tree)) if only is None else set(only)
    new: dict[str, bytes] = {}
    for path in sorted(here):
        if path.startswith(prefix):
            try:
                new[path] = Path(f"{tree}/{path}").read_bytes()
            except OSError:
                continue  # it is gone, or nobody may read it
    like = next(iter(old.values()), "")
    names = {path: set(git.blob_names(content, like)) for path, content in new.items()}
    gone = Counter(
        (os.path.splitext(path)[1], name)
        for path, name in old.items()
        if path.startswith(prefix) and not os.path.exists(f"{tree}/{path}")
    )
    moved = {path for path in new if path not in old and _take(gone, os.path.splitext(path)[1], names[path])}
    differing = [path for path in new if path not in moved and old.get(path) not in names[path]]
    contents = _contents(tree, [old[path] for path in differing if path in old])
    files = {}
    for path in differing:
        lines = _new_lines(contents.get(old.get(path, ""), b""), new[path])
        if lines.runs:
            files[path.removeprefix(prefix)] = lines
    return Touched(files)


def _take(gone: Counter[tuple[str, str]], suffix: str, names: Iterable[str]) -> bool:
    """Whether a file of this content was there under another name; each such name is used once."""
    for name in names:
        if gone[suffix, name] > 0:
            gone[suffix, name] -= 1
            return True
    return False


def _on_disk(tree: str) -> Iterable[str]:
    """The files that git tracks, or would if they were added."""
    answer = _asked(tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = map(os.fsdecode, filter(None, answer.split(b"\0")))
    return (name for name in names if name.endswith(_SUFFIXES))


def _contents(tree: str, names: Iterable[str]) -> dict[str, bytes]:
    wanted = sorted(set(names))
    if not wanted:
        return {}
    try:
        answer = git.ask(tree, "cat-file", "--batch", given="\n".join(wanted).encode() + b"\n")
    except (OSError, subprocess.SubprocessError, git.NoRepository) as error:
        raise UsageError(f"git cannot be asked for contents: {error}") from None
    found, at = {}, 0
    for name in wanted:
        head = answer[at : answer.index(b"\n", at)]
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
    for tag, _, _, start, end in opcodes(before, after):
        if tag == "delete":
            runs.append((max(start, 1), min(start + 1, len(after))))
        elif tag != "equal":
            runs.append((start + 1, end))
    return Lines(tuple(runs))
