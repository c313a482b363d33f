"""A project's own command as a proof: what passes on the untouched copy must pass with the fixes."""

from __future__ import annotations

import os
import shlex
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from litestar_fix.errors import VerificationError
from litestar_fix.proof.copies import copied
from litestar_fix.proof.processes import Environment, redirected, refuse_leaks, run

#: pytest's exit codes for a run that came to its end: all passed, some failed.
_WHOLE = (0, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of the command ended: the tests that passed and failed, where it told, and its exit code."""

    code: int | None
    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    has_tests: bool = False


class _Test(NamedTuple):
    name: str
    has_failed: bool
    is_skipped: bool


class Suite:
    """The command, and what it said of the untouched project.

    Args:
        command: as it is typed into a shell.
        where: how it is run.
        tell: told what is being done.
    """

    def __init__(self, command: str, where: Environment, tell: Callable[[str], None]) -> None:
        self.command = command
        self.where = where
        self.tell = tell
        self.runs = 0
        self._known: dict[bytes, tuple[str, ...]] = {}
        self._confirmed: set[str] = set()
        self._untouched: Outcome | None = None

    def begin(self) -> None:
        """Run the command on the untouched copy: what fails there does not count.

        Raises:
            VerificationError: that run says nothing to compare with.
        """
        outcome = self._run({}, "on the untouched project")
        if outcome.code is None:
            raise VerificationError(f"{self.command!r} is not at an end after {self.where.timeout:g} s without any fix")
        if outcome.has_tests and outcome.code not in _WHOLE:
            raise VerificationError(
                f"{self.command!r} ends with {outcome.code} without any fix: not all tests were run"
            )
        if not outcome.has_tests and outcome.code != 0:
            raise VerificationError(
                f"{self.command!r} ends with {outcome.code} without any fix: nothing to compare with"
            )
        self._untouched = outcome

    def failures(self, contents: Mapping[str, bytes], what: str, key: bytes) -> tuple[str, ...]:
        """Run the command with fixes.

        A test that fails for the first time is run again with everything else; only if it fails twice it counts.

        Args:
            contents: the files that the fixes change.
            what: says in a few words which fixes these are.
            key: the same for the same contents.

        Returns:
            What fails now and did not before, sorted.
        """
        if key not in self._known:
            found = self._broken(self._run(contents, what))
            if found - self._confirmed:
                found &= self._broken(self._run(contents, f"{what}, once more"))
                self._confirmed |= found
            self._known[key] = tuple(sorted(found))
        return self._known[key]

    def _broken(self, outcome: Outcome) -> set[str]:
        before = self._untouched
        if before is None:
            raise AssertionError("begin() comes first")
        if outcome.code is None:
            return {f"an end within {self.where.timeout:g} s"}
        if not before.has_tests or not outcome.has_tests:
            return set() if outcome.code == 0 else {f"{self.command!r}, which ends with {outcome.code}"}
        broken = set(outcome.failed - before.failed)
        if not broken:
            missing = before.passed - outcome.passed - outcome.failed
            broken = set(missing) if outcome.code not in _WHOLE or missing else set()
        return broken

    def _run(self, contents: Mapping[str, bytes], what: str) -> Outcome:
        self.runs += 1
        self.tell(f"{self.command} {what} ...")
        started = time.monotonic()
        with (
            copied(self.where.root, contents) as copy,
            tempfile.TemporaryDirectory(prefix="litestar-fix-") as beside,
        ):
            notes, report = Path(beside, "notes"), Path(beside, "report.xml")
            extra = redirected(self.where, copy, str(notes)) | {"PYTEST_ADDOPTS": self._options(report)}
            shell = ["sh", "-c", self.command] if os.name == "posix" else [*_windows_shell(), self.command]
            with tempfile.TemporaryFile() as output:
                code = run(shell, self.where, copy / self.where.folder, extra, output.fileno())
            if notes.exists():
                refuse_leaks(notes.read_text("utf-8", "replace"), self.where, repr(self.command))
            outcome = _outcome(code, report)
        self.tell(f"  {_summary(outcome)} ({time.monotonic() - started:.1f} s)")
        return outcome

    def _options(self, report: Path) -> str:
        """What pytest is told through its environment, so that the command stays as it was typed."""
        known = self.where.variables.get("PYTEST_ADDOPTS", os.environ.get("PYTEST_ADDOPTS", ""))
        file = shlex.quote(f"--junitxml={report.as_posix()}")
        return f"{known} -p no:cacheprovider -o junit_family=xunit1 {file}".strip()


def _windows_shell() -> tuple[str, str]:
    return os.environ.get("COMSPEC", "cmd.exe"), "/c"


def _summary(outcome: Outcome) -> str:
    if outcome.code is None:
        return "not at an end in time"
    if not outcome.has_tests:
        return f"exit code {outcome.code}"
    return f"{len(outcome.passed)} passed, {len(outcome.failed)} failed"


def _outcome(code: int | None, report: Path) -> Outcome:
    """Read what pytest reported; a command that is something else leaves no report."""
    try:
        tree = ET.parse(report)
    except (OSError, ET.ParseError):
        return Outcome(code)
    tests = [_test(case) for case in tree.iter("testcase")]
    if not tests:
        return Outcome(code)
    failed = frozenset(test.name for test in tests if test.has_failed)
    passed = frozenset(test.name for test in tests if not test.has_failed and not test.is_skipped) - failed
    return Outcome(code, passed, failed, has_tests=True)


def _test(case: ET.Element) -> _Test:
    """A test by its id: ``file::Class::name``."""
    file, classes, name = (case.get(key) or "" for key in ("file", "classname", "name"))
    module = file.removesuffix(".py").replace("/", ".").replace("\\", ".")
    inner = classes.removeprefix(module).strip(".") if module else classes
    parts = [part for part in (file, *(inner.split(".") if inner else ()), name) if part]
    kinds = {child.tag for child in case}
    return _Test("::".join(parts), bool(kinds & {"failure", "error"}), "skipped" in kinds)
