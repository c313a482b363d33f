"""The commits of a migration: each parses and keeps the contract, and together they are what one run makes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from litestar_fix import api, bot, registry
from litestar_fix.batch.outcome import Commit, Shard
from litestar_fix.batch.projects import Project
from litestar_fix.batch.sharding import Part, Sharding, parts
from litestar_fix.errors import LitestarFixError
from litestar_fix.finding import Applicability, State
from litestar_fix.proof.verification import Verification
from litestar_fix.registry import RuleInfo
from litestar_fix.report.style import safe
from litestar_fix.result import Report
from litestar_fix.settings import Settings

_ROUNDS = 3
_ALL = "Fixes of litestar-fix"
_SEVERAL = "Fixes of several rules and files that depend on each other"
#: More of them nobody reads in a message; and how wide that is.
_MANY, _WIDTH = 10, 100


class Fixing:
    """The files of a repository while they are being fixed, and what of them differs from the beginning.

    ``on_purpose`` says where behaviour was changed so far.

    Args:
        top: where they lie; nobody else has them.
        projects: of the repository.
        unsafe_fixes: whether behaviour may be changed on purpose.
        verification: what the fixes are to be proved by.
        run: how each run is done.
    """

    def __init__(
        self,
        top: Path,
        projects: Sequence[Project],
        *,
        unsafe_fixes: bool,
        verification: Verification | None,
        run: api.Run,
    ) -> None:
        self.top = top
        self.projects = projects
        self.old: dict[str, bytes] = {}
        self.new: dict[str, bytes] = {}
        self.on_purpose: list[str] = []
        self._unsafe = unsafe_fixes
        self._verification = verification
        self._run = run

    def whole(self, project: Project, settings: Settings | None = None, paths: Sequence[Path] = ()) -> Report:
        """Return what one run would do to a project as it is now."""
        return api.fix(
            list(paths) or [project.root],
            settings or project.settings,
            unsafe_fixes=self._unsafe,
            dry_run=True,
            narrowing=project.narrowing,
            root=project.root,
            run=self._run,
            verification=self._verification,
        )

    def rule(self, info: RuleInfo, paths: Iterable[str] | None) -> Commit | None:
        """Fix what one rule finds.

        Args:
            info: of the rule.
            paths: the files that may be changed; None for all.

        Returns:
            The commit, None where nothing is changed.
        """
        count = 0
        on_purpose: list[str] = []
        made: dict[str, bytes] = {}
        for project in self.projects:
            within = None if paths is None else [self.top / path for path in paths if self._is_of(path, project)]
            # what is still to be made is nobody's part
            within = within and [file for file in within if file.is_file()]
            if within == [] or info.code not in registry.selected(project.settings):
                continue
            alone = msgspec.structs.replace(project.settings, select=(info.code,), extend_select=(), ignore=())
            report = self.whole(project, alone, within or ())
            if report.changes:
                count += _count(report)
                on_purpose += changing(project, report)
                made |= contents(project, report)
        if not made:
            return None
        self.write(made)
        self.on_purpose += on_purpose
        return Commit(f"{bot.message(info, count)}{_announced(on_purpose)}", made)

    def write(self, made: Mapping[str, bytes]) -> None:
        """Give files new contents.

        Raises:
            LitestarFixError: a link leads elsewhere.
        """
        for path, content in made.items():
            file = self.top / path
            if file.resolve() != file:
                raise LitestarFixError(f"{path}: a symbolic link; it is not written through")
            if path not in self.old:
                self.old[path] = file.read_bytes() if file.is_file() else b""
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            self.new[path] = content

    def missing(self, wanted: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the contents that still differ from those that are wanted."""
        ahead = {path: content for path, content in self.old.items() if path not in wanted}
        return {
            path: content for path, content in sorted((ahead | dict(wanted)).items()) if content != self.new.get(path)
        }

    def _is_of(self, path: str, project: Project) -> bool:
        inner = max((item.path for item in self.projects if _lies_in(path, item.path)), key=len, default=None)
        return inner == project.path


def _lies_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def contents(project: Project, report: Report) -> dict[str, bytes]:
    """Return the new contents of a report, by path from the top of the repository."""
    prefix = f"{project.path}/" if project.path else ""
    return {f"{prefix}{change.path}": change.new for change in report.changes}


def changing(project: Project, report: Report) -> Iterator[str]:
    """Yield where fixes of a report change behaviour on purpose, and how; paths are those of the repository."""
    prefix = f"{project.path}/" if project.path else ""
    for finding in report.findings:
        if finding.state is State.WOULD_FIX and finding.applicability is Applicability.UNSAFE:
            yield safe(f"{prefix}{finding.path}:{finding.span.line}: {finding.message}")


def _announced(places: Sequence[str]) -> str:
    """What a message says of behaviour that changes."""
    if not places:
        return ""
    shown = [
        textwrap.fill(
            place, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        for place in places[:_MANY]
    ]
    if len(places) > _MANY:
        shown.append(f"- and in {len(places) - _MANY} more")
    return "\nBehaviour changes on purpose:\n\n" + "\n".join(shown) + "\n"


def series(fixing: Fixing, whole: Sequence[Report], *, per_rule: bool, sharding: Sharding | None) -> tuple[Shard, ...]:
    """Return the commits that lead to what one run would make.

    Args:
        fixing: the files.
        whole: what one run would do, for each project.
        per_rule: whether the fixes of each rule are a commit of their own.
        sharding: into which parts they are divided.
    """
    wanted: dict[str, bytes] = {}
    for project, report in zip(fixing.projects, whole, strict=True):
        wanted |= contents(project, report)
    if not wanted:
        return ()
    infos = _fixed_rules(whole)
    shards: list[Shard] = []
    if per_rule or sharding is not None:
        for part in _parts(fixing, whole, [info.code for info in infos], wanted, sharding):
            fixing.on_purpose.clear()
            commits = tuple(_commits(fixing, part, infos, wanted, sharding))
            if commits:
                whole_part = commits if per_rule else (_one(part.title, commits, fixing.on_purpose),)
                shards.append(Shard(part.title, whole_part))
    left = fixing.missing(wanted)
    if left:
        # what is left to be done is not what there was to do before the commits
        rest = [fixing.whole(project) for project in fixing.projects] if shards else whole
        fixing.write(left)
        last = Commit(_message(_SEVERAL if shards else _ALL, fixing.projects, rest, infos), left)
        if sharding is None and shards:
            shards[-1] = Shard(shards[-1].title, (*shards[-1].commits, last))
        else:
            shards.append(Shard("across parts" if shards else "", (last,)))
    return tuple(shards)


def _fixed_rules(whole: Iterable[Report]) -> tuple[RuleInfo, ...]:
    fixed = {item.code for report in whole for item in report.findings if item.state is State.WOULD_FIX}
    return tuple(info for info in registry.rules() if info.code in fixed)


def _parts(
    fixing: Fixing, whole: Sequence[Report], codes: list[str], wanted: Mapping[str, bytes], sharding: Sharding | None
) -> tuple[Part, ...]:
    if sharding is None:
        return (Part("", tuple(codes), ()),)
    touched: dict[str, tuple[str, ...]] = dict.fromkeys(wanted, ())
    for project, report in zip(fixing.projects, whole, strict=True):
        prefix = f"{project.path}/" if project.path else ""
        for finding in report.findings:
            path = f"{prefix}{finding.path}"
            if finding.state is State.WOULD_FIX and finding.code not in touched.get(path, ()):
                touched[path] = (*touched.get(path, ()), finding.code)
    return parts(fixing.top, {path: touched[path] for path in touched if path.endswith(".py")}, codes, sharding)


def _commits(
    fixing: Fixing, part: Part, infos: Iterable[RuleInfo], wanted: Mapping[str, bytes], sharding: Sharding | None
) -> Iterator[Commit]:
    paths = None if sharding is None else part.paths
    for _ in range(_ROUNDS):
        is_done = True
        for info in infos:
            if info.code not in part.codes or not fixing.missing(wanted):
                continue
            commit = fixing.rule(info, paths)
            if commit is not None:
                is_done = False
                yield commit
        if is_done:
            return


def _one(title: str, commits: Iterable[Commit], on_purpose: Sequence[str]) -> Commit:
    made: dict[str, bytes] = {}
    said = []
    for commit in commits:
        made |= commit.contents
        said.append(f"- {commit.message.partition(chr(10))[0]}")
    listed = "\n".join(dict.fromkeys(said))
    return Commit(f"Fixes of litestar-fix: {title}\n\n{listed}\n{_announced(on_purpose)}", made)


def _message(title: str, projects: Sequence[Project], reports: Sequence[Report], known: Sequence[RuleInfo]) -> str:
    """What the commit of several rules says; ``known`` are the rules where the reports name none."""
    infos = _fixed_rules(reports) or known
    if title == _SEVERAL and len(infos) == 1:
        head = bot.message(infos[0], sum(map(_count, reports)))
    else:
        head = f"{title}\n\n" + "".join(f"- {info.code}: {info.name}\n" for info in infos)
    return head + _announced([*chain.from_iterable(map(changing, projects, reports))])


def _count(report: Report) -> int:
    return sum(finding.state is State.WOULD_FIX for finding in report.findings)
