"""What fixes are proved by when the user asks for it by name: the running application, and a command of the project."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from litestar_fix.model.cache import digest

#: Seconds that an application may take to start, and a command to end.
START, COMMAND = 60.0, 1800.0


def nobody(_: str) -> None:
    """Where nobody wants to know what is being done."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What fixes are to be proved by. The code of the project is run for it.

    Args:
        app: the application whose contract must stay, ``module:attribute``.
        command: a command that must do as well with the fixes as without them.
        python: the interpreter or environment that the application runs on.
        env_file: a file with environment variables for both.
        timeout: seconds that a process may take; by default 60 for the application and 1800 for the command.
        tell: told what is being done.
    """

    app: str | None = None
    command: str | None = None
    python: str | None = None
    env_file: Path | None = None
    timeout: float | None = None
    tell: Callable[[str], None] = nobody


class Proofs:
    """The proofs of a run, begun on the untouched project.

    Args:
        wanted: what fixes are to be proved by.
        root: the project.

    Raises:
        VerificationError: the application does not start, or the command says nothing to compare with.
        UsageError: the interpreter or a file does not exist.
    """

    def __init__(self, wanted: Verification, root: Path) -> None:
        from litestar_fix.proof import processes, suite

        self.wanted = wanted
        times = (wanted.timeout or START, wanted.timeout or COMMAND)
        self._app, self._project = (
            processes.environment(root, python=wanted.python, env_file=wanted.env_file, timeout=seconds)
            for seconds in times
        )
        self._before: dict[str, Any] = {}
        self._is_masked = False
        if wanted.app is not None:
            self._before = self._contract({}, "without the fixes")
        self._suite = suite.Suite(wanted.command, self._project, wanted.tell) if wanted.command is not None else None
        if self._suite is not None:
            self._suite.begin()

    def failures(self, contents: Mapping[str, bytes], fixes: Sequence[Any], what: str) -> tuple[str, ...]:
        """Return what is wrong with some fixes, in the words of a message; nothing if all is well.

        Args:
            contents: the files that the fixes change.
            fixes: the fixes, as `announced.Fixed`.
            what: says in a few words which fixes these are.
        """
        found = self._contract_failures(contents, fixes, what) if self.wanted.app is not None else ()
        if found or self._suite is None:
            return found
        key = digest(b"".join(path.encode() + digest(content) for path, content in sorted(contents.items())))
        return _sentence("breaks", self._suite.failures(contents, what, key))

    def _contract(self, contents: Mapping[str, bytes], what: str) -> dict[str, Any]:
        from litestar_fix.proof.processes import contract

        started = time.monotonic()
        self.wanted.tell(f"contract of {self.wanted.app} {what} ...")
        found = contract(str(self.wanted.app), self._app, contents)
        self.wanted.tell(f"  {len(found['routes'])} routes ({time.monotonic() - started:.1f} s)")
        return found

    def _contract_at_last(self, contents: Mapping[str, bytes], what: str) -> dict[str, Any]:
        """Start the application, twice if need be: a busy machine is no fault of a fix."""
        from litestar_fix.errors import VerificationError

        try:
            return self._contract(contents, what)
        except VerificationError as error:
            self.wanted.tell(f"  {error}")
            return self._contract(contents, f"{what}, once more")

    def _contract_failures(self, contents: Mapping[str, bytes], fixes: Sequence[Any], what: str) -> tuple[str, ...]:
        from litestar_fix.errors import VerificationError
        from litestar_fix.proof.announced import unannounced
        from litestar_fix.proof.processes import masked

        try:
            after = self._contract_at_last(contents, what)
        except VerificationError as error:
            return (f"leaves an application that fails: {error}",)
        found = unannounced(self._before, after, fixes)
        if found and not self._is_masked:
            # what the application makes anew at every start differs without any fix, too
            self._before = masked(self._before, self._contract({}, "without the fixes, once more"))
            self._is_masked = True
            found = unannounced(self._before, after, fixes)
        return _sentence("changes", list(map(str, found)))


def _sentence(verb: str, items: Sequence[str]) -> tuple[str, ...]:
    """The verb once, before the first item."""
    return tuple(f"{verb} {item}" if at == 0 else item for at, item in enumerate(items))
