"""Asks git: to read, to commit what a bot was told to commit, and to clone and push where a user wants that.

The repository is not trusted. Its configuration may name programs (a file system monitor, hooks, filters, a pager): no
command is asked for that needs one of them, and those that git would run for any command are switched off.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping

_SECONDS = 60
#: For what goes over a network.
_PATIENCE = 1800
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")
_OF_THE_USER = frozenset({*_KEPT, "GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO"})
_OFF = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.untrackedCache=false",
    "core.pager=cat",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)


class NoRepository(Exception):
    """Git knows no repository here."""


def ask(
    tree: str,
    *words: str,
    given: bytes = b"",
    index: str = "",
    settings: Iterable[str] = (),
    isolated: bool = False,
) -> bytes:
    """Run a command, and return what it prints.

    Args:
        tree: the work tree.
        words: of the command, without ``git``.
        given: what it reads from standard input.
        index: the file to use as index instead of the repository's own.
        settings: more settings, as ``name=value``.
        isolated: whether the user's own settings do not count.

    Raises:
        NoRepository: git knows none here.
        OSError: git cannot be run.
        subprocess.SubprocessError: it does not answer, or says that it cannot.
    """
    command = [_git(tree), "--no-pager", "--literal-pathspecs", "-C", tree]
    for setting in (*_OFF, *settings):
        command += ["-c", setting]
    environment = _environment(tree) | ({"GIT_INDEX_FILE": index} if index else {})
    if isolated:
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return _answer([*command, *words], environment, given, _SECONDS)


def reach(tree: str, *words: str) -> bytes:
    """Run a command that goes to another repository, with the settings and credentials of the user.

    Hooks are off, and nobody is asked for a password.

    Args:
        tree: the folder in which it runs: settings of a repository there count.
        words: of the command, without ``git``.

    Raises:
        NoRepository: git knows none here.
        OSError: git cannot be run.
        subprocess.SubprocessError: it does not answer, or says that it cannot.
    """
    command = [_git(tree), "--no-pager", "-C", tree]
    for setting in (*_OFF, "protocol.allow=user", "protocol.ext.allow=never"):
        if setting != "protocol.allow=never":
            command += ["-c", setting]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _OF_THE_USER}
    environment = kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_PROTOCOL_FROM_USER": "1", "LC_ALL": "C"}
    return _answer([*command, *words], environment, b"", _PATIENCE)


def _answer(command: list[str], environment: Mapping[str, str], given: bytes, seconds: int) -> bytes:
    done = subprocess.run(command, env=environment, input=given, capture_output=True, timeout=seconds, check=False)
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
        said = next((line for line in lines if line.startswith(("fatal:", "error:", "remote: error:"))), lines[0])
        if "not a git repository" in said:
            raise NoRepository
        raise subprocess.SubprocessError(said or f"git ended with {done.returncode}")
    return done.stdout


def work_tree(folder: str) -> str:
    """Return the nearest folder at or above one that is the top of a work tree, '' where there is none."""
    while not os.path.exists(f"{folder}/.git"):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder


def blob_names(content: bytes, like: str) -> tuple[str, str]:
    """Return the names that git may give to a content on disk.

    A checkout may have turned the newlines of the repository into those of the system.

    Args:
        content: what stands on disk.
        like: another name: how long it is tells which hash the repository uses.
    """
    return _blob_name(content, like), _blob_name(content.replace(b"\r\n", b"\n"), like)


def _blob_name(content: bytes, like: str) -> str:
    new = hashlib.sha1 if len(like) == len(hashlib.sha1(usedforsecurity=False).hexdigest()) else hashlib.sha256
    return new(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _git(tree: str) -> str:
    """The program, never one that lies in the work tree.

    Raises:
        FileNotFoundError: there is none.
    """
    import shutil

    for folder in os.get_exec_path():
        found = shutil.which("git", path=folder) if os.path.isabs(folder) else None
        if found and not f"{os.path.realpath(found)}/".startswith(f"{tree}/"):
            return found
    raise FileNotFoundError("there is no git on the PATH")


def _repository(tree: str) -> str:
    """The folder in which the index of a work tree lies: `.git`, or what the file of that name points to."""
    try:
        with open(f"{tree}/.git", encoding="utf-8", errors="surrogateescape") as file:
            folder = file.readline().removeprefix("gitdir:").strip()
    except OSError:
        folder = ".git"
    return os.path.realpath(os.path.join(tree, folder))


def _environment(tree: str) -> dict[str, str]:
    """The caller's environment, in which a hook of another repository may have set what git takes for granted."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    index = os.path.join(tree, os.environ.get("GIT_INDEX_FILE", ""))
    # `git commit FILE` runs the hooks with an index of its own
    if os.path.isfile(index) and os.path.realpath(index).startswith(f"{_repository(tree)}/"):
        kept["GIT_INDEX_FILE"] = index
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(tree),
        "LC_ALL": "C",
    }


def commit(tree: str, contents: Mapping[str, tuple[bytes, bytes]], message: str, author: tuple[str, str]) -> str:
    """Commit new contents of files that the work tree has already, and nothing else that may be staged.

    Neither hooks nor filters of the repository take part.

    Args:
        tree: the work tree.
        contents: the one before and the new one, by path from its top.
        message: of the commit.
        author: name and address.

    Returns:
        The name of the commit.

    Raises:
        OSError: git cannot be run.
        subprocess.SubprocessError: it says that it cannot.
    """
    who = (f"user.name={author[0]}", f"user.email={author[1]}")
    with tempfile.TemporaryDirectory() as folder:
        index = f"{folder}/index"
        ask(tree, "read-tree", "HEAD", index=index)
        entries = []
        for path, (old, new) in contents.items():
            known = ask(tree, "ls-files", "--stage", "-z", "--", path, index=index)
            mode, name = known.decode("ascii", "replace").split()[:2] if known else ("100644", "")
            raw, plain = blob_names(old, name)
            content = new.replace(b"\r\n", b"\n") if name == plain != raw else new
            name = ask(tree, "hash-object", "-w", "--stdin", given=content).decode().strip()
            entries.append(f"{mode} {name}\t{path}\0")
        given = os.fsencode("".join(entries))
        ask(tree, "update-index", "--add", "-z", "--index-info", given=given, index=index)
        made = ask(tree, "write-tree", index=index).decode().strip()
        # the repository's own would see a change otherwise; with nothing to compare it with, no filter is asked
        nowhere = ("--git-dir", _repository(tree), "--work-tree", folder)
        ask(tree, *nowhere, "update-index", "--add", "-z", "--index-info", given=given)
    text = message.encode("utf-8", "backslashreplace")
    name = ask(tree, "commit-tree", made, "-p", "HEAD", "-F", "-", given=text, settings=who).decode().strip()
    ask(tree, "update-ref", "-m", "litestar-fix bot", "HEAD", name)
    return name
