"""What an unattended run does for a pull request: fixes what it touched, and says why that is safe.

The pull request is not trusted: settings and the baseline are those of the base commit, and nothing of the repository
is run. What is fixed are safe fixes, each with the contract of the application compared.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from litestar_fix import api, baseline, git, registry, touched
from litestar_fix.errors import LitestarFixError, UsageError
from litestar_fix.line_map import opcodes
from litestar_fix.narrowing import Narrowing
from litestar_fix.patches import lines_of, with_some
from litestar_fix.registry import RuleInfo
from litestar_fix.result import Change, Patch, Report
from litestar_fix.settings import Settings
from litestar_fix.settings.files import from_content
from litestar_fix.settings.roots import MANIFEST, SETTINGS_FILE
from litestar_fix.touched import Touched

AUTHOR = ("litestar-fix", "litestar-fix@users.noreply.github.com")
_ROUNDS = 3


class Task(msgspec.Struct, frozen=True):
    """A pull request: its project, the base that it is for, what holds there, and what it touched."""

    root: Path
    base: str
    settings: Settings
    narrowing: Narrowing


def task(root: Path, base: str) -> Task:
    """Return what is to be done for the current commit.

    Args:
        root: the project's root.
        base: the branch or commit that it is to be merged into.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit, or no common one.
        LitestarFixError: the settings or the baseline of the base are broken.
    """
    chosen = _settings_at(root, base)
    known = touched.content_at(root, base, baseline.NAME)
    narrowing = Narrowing(
        baseline=baseline.decode(known, f"{baseline.NAME} at {base}") if known is not None else None,
        touched=touched.since(root, base),
    )
    return Task(root, base, chosen, narrowing)


def _settings_at(root: Path, base: str) -> Settings:
    tree = Path(touched.tree_of(root))

    def read(path: str) -> bytes | None:
        return touched.content_at(tree, base, path)

    for name in (SETTINGS_FILE, MANIFEST):
        content = touched.content_at(root, base, name)
        found = from_content(root / name, content, tree, read) if content is not None else None
        if found is not None:
            return found
    return Settings()


def root_at(root: Path, base: str) -> Path:
    """Return the root that a project has in the base: a pull request must not choose which settings hold.

    Raises:
        UsageError: the project lies in no git repository, or there is no such commit.
    """
    tree = Path(touched.tree_of(root))
    while root != tree and all(touched.content_at(root, base, name) is None for name in (SETTINGS_FILE, MANIFEST)):
        root = root.parent
    return root


def is_own_commit(root: Path) -> bool:
    """Tell whether the last commit is the bot's: it must not answer itself.

    Raises:
        UsageError: the project lies in no git repository, or has no commit.
    """
    try:
        said = git.ask(touched.tree_of(root), "cat-file", "commit", "HEAD").decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError, git.NoRepository) as error:
        raise UsageError(f"{root}: there is no commit to work on: {error}") from None
    author = next((line for line in said.partition("\n\n")[0].split("\n") if line.startswith("author ")), "")
    return f"<{AUTHOR[1]}>" in author


def proposed(task: Task, run: api.Run) -> Report:
    """Return what would be fixed, and what is left for a person; nothing is written."""
    how = msgspec.structs.replace(run, patches=True)
    return api.fix([task.root], task.settings, dry_run=True, narrowing=task.narrowing, root=task.root, run=how)


def commits(task: Task, run: api.Run) -> Iterator[tuple[RuleInfo, Report, str]]:
    """Fix rule by rule, each in a commit of its own, and yield the rule, what was done, and the commit's name.

    Raises:
        LitestarFixError: a file cannot be written, or git does not commit.
    """
    tree = touched.tree_of(task.root)
    wanted = set(registry.selected(task.settings))
    narrowing = task.narrowing
    for _ in range(_ROUNDS):
        is_done = True
        for info in registry.rules():
            if info.code not in wanted:
                continue
            alone = msgspec.structs.replace(task.settings, select=(info.code,), extend_select=(), ignore=())
            report = api.fix([task.root], alone, narrowing=narrowing, root=task.root, run=run)
            if report.problems:
                raise LitestarFixError(f"{info.code}: {report.problems[0].path}: {report.problems[0].reason}")
            if not report.changes:
                continue
            is_done = False
            narrowing = _moved(narrowing, report.changes)
            yield info, report, _committed(tree, task.root, info, report)
        if is_done:
            return


def _moved(narrowing: Narrowing, changes: tuple[Change, ...]) -> Narrowing:
    lines = narrowing.touched or Touched({})
    for change in changes:
        lines = lines.moved(change.path, change.old, change.new)
    return msgspec.structs.replace(narrowing, touched=lines)


def _committed(tree: str, root: Path, info: RuleInfo, report: Report) -> str:
    prefix = touched.prefix_of(root)
    contents = {f"{prefix}{change.path}": (change.old, change.new) for change in report.changes}
    count = sum(report.states.values()) - len(report.remaining)
    try:
        return git.commit(tree, contents, message(info, count), AUTHOR)
    except (OSError, subprocess.SubprocessError) as error:
        raise LitestarFixError(
            f"{info.code}: git does not commit: {error}; `litestar-fix undo` takes it back"
        ) from None


def message(info: RuleInfo, count: int) -> str:
    """Return what the commit of a rule's fixes says of them."""
    places = f"{count} place{'' if count == 1 else 's'}"
    return f"{info.code}: {info.name}\n\n{info.summary}.\nMended in {places} by litestar-fix.\n"


# ------------------------------------------------------------------------------------------------------------ verifying
class Hunk(msgspec.Struct, frozen=True):
    """Lines of a file that a change replaces: ``line`` is the first of them in the old file.

    Without lines it is the file as a whole: another mode, a file that is not analysed, or a part of a fix alone.
    """

    path: str
    line: int
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def foreign(root: Path, base: str, head: str, *, unsafe_fixes: bool, run: api.Run) -> tuple[Hunk, ...]:
    """Return the parts of a change that the tool does not make; paths count from the top of the repository.

    Args:
        root: the project's root.
        base: the commit before the change.
        head: the commit after it.
        unsafe_fixes: whether fixes that change behaviour on purpose count as the tool's.
        run: how the run is done.

    Raises:
        UsageError: the project lies in no git repository, or there are no such commits.
    """
    before, after = touched.held_at(root, base), touched.held_at(root, head)
    prefix = touched.prefix_of(root)
    differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    ours = {
        path: file
        for path, file in before.items()
        if file.is_file and path.startswith(prefix) and touched.is_analysed(path)
    }
    wanted = [*ours.values(), *[after[path] for path in differing if path in ours and path in after]]
    contents = touched.contents(root, wanted)
    old = {path.removeprefix(prefix): contents[file.name] for path, file in ours.items()}
    fixes = _Fixes(_made(old, _settings_at(root, base), unsafe_fixes=unsafe_fixes, run=run))
    found: list[Hunk] = []
    for path in differing:
        there, here = ours.get(path), after.get(path)
        if there is None or here is None or here.mode != there.mode:
            found.append(Hunk(path, 1))
        else:
            inside = path.removeprefix(prefix)
            found += _named(prefix, fixes.foreign(inside, old[inside], contents[here.name]))
    new = {
        path.removeprefix(prefix): contents[after[path].name] for path in differing if path in ours and path in after
    }
    halves = fixes.halves(old, new)
    return (
        *found,
        *(Hunk(f"{prefix}{path}", 1) for path in halves if not any(h.path == f"{prefix}{path}" for h in found)),
    )


def _named(prefix: str, hunks: Iterable[Hunk]) -> Iterator[Hunk]:
    return (msgspec.structs.replace(hunk, path=f"{prefix}{hunk.path}") for hunk in hunks)


def _made(old: Mapping[str, bytes], chosen: Settings, *, unsafe_fixes: bool, run: api.Run) -> Report:
    """What the tool makes of some files."""
    how = msgspec.structs.replace(run, patches=True)
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        for path, content in old.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(content)
        return api.fix([top], chosen, unsafe_fixes=unsafe_fixes, dry_run=True, root=top, run=how)


class _Fixes:
    """What the tool makes, as the whole and fix by fix."""

    def __init__(self, report: Report) -> None:
        self._whole = {change.path: change.new for change in report.changes}
        self._hunks = {
            path: set(_hunks(path, change.old, change.new)) for path, change in ((c.path, c) for c in report.changes)
        }
        self._alone = [finding.patches for finding in report.findings if finding.patches]

    def foreign(self, path: str, old: bytes, new: bytes) -> list[Hunk]:
        """The hunks of a file that belong to no fix."""
        if self._whole.get(path) == new:
            return []
        return [hunk for hunk in _hunks(path, old, new) if hunk not in self._hunks.get(path, ())]

    def halves(self, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[str]:
        """The files in which a fix is made in part only: neither the whole is there, nor some fixes, each whole."""
        partial = [path for path in new if self._whole.get(path) != new[path]]
        if not partial:
            return [path for path in self._whole if path not in new and self._is_needed(path, new)]
        made = {path: set(_hunks(path, old[path], new[path])) for path in new}
        chosen = [patches for patches in self._alone if all(_is_in(patch, made) for patch in patches)]
        wrong = []
        for path in partial:
            own = dict.fromkeys(patch for patches in chosen for patch in patches if patch.path == path)
            if with_some(Change(path, old[path], b""), own).new != new[path]:
                wrong.append(path)
        return wrong

    def _is_needed(self, path: str, new: Mapping[str, bytes]) -> bool:
        """Whether a file that was left alone belongs to a fix that was made in others."""
        return any(
            any(patch.path == path for patch in patches) and any(patch.path in new for patch in patches)
            for patches in self._alone
        )


def _is_in(patch: Patch, made: Mapping[str, set[Hunk]]) -> bool:
    """Whether a change has what a fix does at one place."""
    return any(
        hunk.line == patch.line and len(hunk.old) == patch.end_line - patch.line and "".join(hunk.new) == patch.text
        for hunk in made.get(patch.path, ())
    )


def _hunks(path: str, old: bytes, new: bytes) -> Iterator[Hunk]:
    before, after = (_lines(content) for content in (old, new))
    for tag, first, last, start, end in opcodes(before, after):
        if tag != "equal":
            yield Hunk(path, first + 1, tuple(before[first:last]), tuple(after[start:end]))


def _lines(content: bytes) -> list[str]:
    return lines_of(content.decode("utf-8", "backslashreplace"))
