"""What a migration leaves behind: commits on branches of the clone, patches, pushed branches, pull requests.

Each step may be begun again after it was interrupted anywhere: it finds what it has done already.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from litestar_fix import bot, git
from litestar_fix.batch import clones
from litestar_fix.batch.clones import Unusable
from litestar_fix.batch.outcome import Outcome, Shard
from litestar_fix.batch.repository import Repository

_SECONDS = 300
_NAMED = re.compile(r"[^\w.-]+", re.ASCII)


class Branch(msgspec.Struct, frozen=True):
    """A branch that was made: its name, the commit that it begins at, its last one, and what its shard is called."""

    name: str
    start: str
    tip: str
    title: str


def branch_names(branch: str, shards: Sequence[Shard]) -> list[str]:
    """Return the names of the branches of some shards: one is called as it was said, several are numbered."""
    if len(shards) == 1:
        return [branch]
    width = len(str(len(shards)))
    names = []
    for number, shard in enumerate(shards, 1):
        words = _NAMED.sub("-", shard.title).strip("-.")[:40].rstrip("-.")
        names.append(f"{branch}/{number:0{width}}-{words}".removesuffix("-").removesuffix(".lock"))
    return names


def commit(repository: Repository, outcome: Outcome, clone: Path, branch: str, date: int) -> tuple[Branch, ...]:
    """Make the branches in the clone, and check out the last one.

    Args:
        repository: which is cloned first, where that has not been done here.
        outcome: with the commits.
        clone: the folder of the clone.
        branch: the name.
        date: of all commits, in seconds: the same work has the same names.

    Raises:
        Unusable: the repository has moved on since.
        subprocess.SubprocessError: git says that it cannot.
    """
    clones.clone(repository, clone)
    clones.unlock(clone)
    tree = os.fspath(clone)
    try:
        modes = _modes(tree, outcome.base)
    except subprocess.SubprocessError:
        raise Unusable("it has moved on since it was fixed; take its clone away and run again") from None
    names = branch_names(branch, outcome.shards)
    given = _stream(outcome, names, modes, date)
    tips = git.ask(tree, "fast-import", "--quiet", "--done", "--date-format=raw", given=given).decode("ascii").split()
    starts = [outcome.base, *tips[:-1]]
    git.ask(tree, "symbolic-ref", "HEAD", f"refs/heads/{names[-1]}")
    git.ask(tree, "read-tree", "--reset", "-u", "HEAD", isolated=True)
    titles = [shard.title for shard in outcome.shards]
    return tuple(map(Branch, names, starts, tips, titles))


def _modes(tree: str, base: str) -> dict[str, str]:
    entries = git.ask(tree, "ls-tree", "-r", "-z", base).split(b"\0")
    return {os.fsdecode(entry.partition(b"\t")[2]): entry[:6].decode("ascii") for entry in entries if entry}


def _stream(outcome: Outcome, names: Iterable[str], modes: dict[str, str], date: int) -> bytes:
    """What `git fast-import` reads: it makes all commits at once, tells the last of each branch, and moves these."""
    who = f"{bot.AUTHOR[0]} <{bot.AUTHOR[1]}> {date} +0000"
    made, start = [], outcome.base
    mark = 0
    for name, shard in zip(names, outcome.shards, strict=True):
        for item in shard.commits:
            mark += 1
            message = item.message.encode("utf-8", "backslashreplace")
            made.append(f"commit refs/heads/{name}\nmark :{mark}\nauthor {who}\ncommitter {who}\n".encode())
            made.append(b"data %d\n%b\n" % (len(message), message))
            made.append(f"from {start}\n".encode())
            for path, content in item.contents.items():
                mode = modes.get(path, "100644")
                made.append(b"M %b inline %b\ndata %d\n%b\n" % (mode.encode(), _quoted(path), len(content), content))
            start = f":{mark}"
        made.append(f"get-mark {start}\n".encode())
    return b"".join(made) + b"done\n"


def _quoted(path: str) -> bytes:
    escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%b"' % escaped


def patches(clone: Path, branches: Sequence[Branch], folder: Path) -> None:
    """Write the commits as a series that `git am` takes; what is there already is replaced as a whole.

    Args:
        clone: the folder of the clone.
        branches: what was made.
        folder: where the files go.

    Raises:
        OSError: they cannot be written.
        subprocess.SubprocessError: git says that it cannot.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    words = [
        "format-patch",
        "--quiet",
        "--no-signature",
        "--no-ext-diff",
        "--no-textconv",
        "--full-index",
        "--no-renames",
    ]
    words += ["--src-prefix=a/", "--dst-prefix=b/", "--output-directory", os.fspath(part.resolve())]
    span = f"{branches[0].start}..{branches[-1].tip}"
    git.ask(os.fspath(clone), *words, span, isolated=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(part, folder)


def target_of(repository: Repository, clone: Path) -> str:
    """Return where the branches are pushed to: for a folder, where its own `origin` is; a bare one is that itself.

    Raises:
        Unusable: there is no such place.
    """
    if repository.is_remote:
        return repository.source
    place, is_bare = repository.source, not os.path.exists(f"{repository.source}/.git")
    tree = os.fspath(clone) if is_bare else place
    words = ["config", *(["--no-includes", "--file", f"{place}/config"] if is_bare else []), "--get"]
    try:
        told = git.ask(tree, *words, "remote.origin.url").decode("utf-8", "surrogateescape").strip()
    except subprocess.SubprocessError:
        if is_bare:
            return place
        raise Unusable("it has no remote called origin to push to") from None
    known = Repository("", told)
    return told if known.is_remote else os.path.realpath(os.path.join(place, told))


def push(clone: Path, branches: Sequence[Branch], target: str) -> None:
    """Push the branches, and never over others.

    Raises:
        Unusable: somebody else has a branch of that name there.
        subprocess.SubprocessError: git says that it cannot.
    """
    tree = os.fspath(clone)
    told = git.reach(tree, "ls-remote", "--heads", "--", target).decode("utf-8", "replace")
    there = {name: tip for tip, _, name in (line.partition("\t") for line in told.splitlines())}
    missing = []
    for branch in branches:
        known = there.get(f"refs/heads/{branch.name}")
        if known not in (None, branch.tip):
            raise Unusable(f"{target} has a branch {branch.name} with other commits")
        if known is None:
            missing.append(f"refs/heads/{branch.name}:refs/heads/{branch.name}")
    if missing:
        git.reach(tree, "push", "--quiet", "--atomic", "--no-verify", "--recurse-submodules=no", "--", target, *missing)


def propose(clone: Path, branches: Sequence[Branch], outcome: Outcome, target: str) -> tuple[str, ...]:
    """Open a draft of a pull request for each branch with the `gh` of the user, where there is none; return the URLs.

    Raises:
        Unusable: there is no `gh`, or it says that it cannot.
    """
    program = shutil.which("gh")
    if program is None:
        raise Unusable("there is no gh on the PATH; https://cli.github.com")
    clones.unlock(clone)
    git.ask(os.fspath(clone), "config", "remote.origin.url", target)
    urls, base = [], outcome.branch
    for branch, shard in zip(branches, outcome.shards, strict=True):
        known = _gh(
            program, clone, "pr", "list", "--head", branch.name, "--state", "all", "--json", "url", "-q", ".[].url"
        )
        if known:
            urls.append(known.splitlines()[0])
        else:
            title = f"litestar-fix: {branch.title}" if branch.title else "Fixes of litestar-fix"
            words = ["pr", "create", "--draft", "--head", branch.name, "--title", title]
            words += [*(["--base", base] if base else []), "--body", "\n".join(_body(shard, outcome))]
            urls.append(_gh(program, clone, *words).splitlines()[-1:][0])
        base = branch.name
    return tuple(urls)


def _gh(program: str, clone: Path, *words: str) -> str:
    environment = dict(os.environ) | {"GH_PROMPT_DISABLED": "1"}
    try:
        done = subprocess.run(
            [program, *words],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"gh cannot be run: {error}") from None
    said = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().split("\n")[0] or f"it ended with {done.returncode}"
        raise Unusable(f"gh {' '.join(words[:2])}: {reason}")
    return said if said or words[1] == "list" else "(gh told no address)"


def _body(shard: Shard, outcome: Outcome) -> Iterator[str]:
    yield "Made by litestar-fix; each commit keeps the contract of the application but for what its rule announces."
    yield ""
    for item in shard.commits:
        count = len(item.contents)
        yield f"- {item.message.partition(chr(10))[0]} ({count} file{'' if count == 1 else 's'})"
    left = sum(tally.refused + tally.manual for tally in outcome.tallies)
    yield ""
    yield f"{left} finding{' is' if left == 1 else 's are'} left for a person."
