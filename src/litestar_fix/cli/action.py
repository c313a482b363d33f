"""The GitHub Action (action.yml): from the inputs of a step, which are environment variables, to its outputs.

It is run as ``python -I -m litestar_fix.cli.action``: nothing is imported from the repository, and no token is there.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from litestar_fix.cli.app import main
from litestar_fix.cli.output import write_lines
from litestar_fix.errors import UsageError

_PREFIX = "LITESTAR_FIX_ACTION_"
_MODES = {"check": ("check",), "suggest": ("fix", "--dry-run"), "fix": ("fix",)}
_DONE = ("fixed", "would-fix")


class _Totals(msgspec.Struct):
    remaining: int
    states: dict[str, int]


class _Report(msgspec.Struct):
    totals: _Totals


def words(given: Mapping[str, str], folder: Path) -> list[str]:
    """Return the command line of a step.

    Args:
        given: the environment.
        folder: where reports go.

    Raises:
        UsageError: an input that is none.
    """

    def said(name: str) -> str:
        return given.get(f"{_PREFIX}{name}", "").strip()

    def is_on(name: str) -> bool:
        if said(name).lower() not in ("", "true", "false"):
            raise UsageError(f"{name.lower().replace('_', '-')}: write true or false, not {said(name)!r}")
        return said(name).lower() == "true"

    mode = said("MODE") or "check"
    if mode not in _MODES:
        raise UsageError(f"mode: write {', '.join(_MODES)}, not {mode!r}")
    made = [*_MODES[mode], "--output", "github=-", "--output", f"json={folder / 'report.json'}"]
    made += ["--output", f"diff={folder / 'fixes.patch'}"]
    if said("SARIF_FILE"):
        made += ["--output", f"sarif={said('SARIF_FILE')}"]
    if said("FAIL_ON"):
        made += ["--fail-on", said("FAIL_ON")]
    if is_on("UNSAFE_FIXES"):
        made += ["--unsafe-fixes"] if mode != "check" else []
    if is_on("CHANGED_ONLY"):
        base = given.get("GITHUB_BASE_REF", "")
        if not base:
            raise UsageError("changed-only: only pull requests have a base to compare with")
        made += ["--since", f"origin/{base}"]
    try:
        more, paths = shlex.split(said("ARGS")), shlex.split(said("PATHS"))
    except ValueError as error:
        raise UsageError(f"args and paths are split as a shell does: {error}") from None
    return [*made, *more, "--", *paths]


def outputs(code: int, given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the outputs of a step.

    Args:
        code: that the run ended with.
        given: the environment.
        folder: where its reports are.
    """
    report, patch = folder / "report.json", folder / "fixes.patch"
    totals = msgspec.json.decode(report.read_bytes(), type=_Report).totals if report.exists() else _Totals(0, {})
    is_changed = patch.exists() and patch.stat().st_size > 0
    return {
        "changed": str(is_changed).lower(),
        "fixed": str(sum(totals.states.get(name, 0) for name in _DONE)),
        "remaining": str(totals.remaining),
        "sarif-file": given.get(f"{_PREFIX}SARIF_FILE", "").strip(),
        "patch-file": str(patch) if is_changed else "",
        "exit-code": str(code),
    }


def run(given: Mapping[str, str]) -> int:
    """Run a step, and return its exit code."""
    folder = Path(given["RUNNER_TEMP"]) / "litestar-fix-reports"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("report.json", "fixes.patch"):  # of an earlier step
        (folder / name).unlink(missing_ok=True)
    try:
        code = main(words(given, folder))
    except UsageError as error:
        write_lines(sys.stdout, [f"::error::{error}"])
        code = 2
    lines = [f"{name}={''.join(value.splitlines())}" for name, value in outputs(code, given, folder).items()]
    with open(given["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(run(os.environ))
