"""Processes that run the code of a project, for a proof that was asked for by name. Nothing else here runs any."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from litestar_fix.errors import UsageError, VerificationError
from litestar_fix.proof.copies import copied

PROBE = Path(__file__).with_name("probe.py")
REDIRECT = Path(__file__).with_name("redirect")
#: More than an application needs to start, and less than a machine has.
MEMORY = 4 * 1024**3
#: Where an environment of the project's own lies.
ENVIRONMENTS = (".venv", "venv")
_NO_LITESTAR = "No module named 'litestar'"
VARIES = "<differs between runs>"


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how the code of a project is run.

    Args:
        root: the project.
        folder: the working directory, relative to the root.
        python: the interpreter.
        variables: environment variables besides our own.
        timeout: after how many seconds a process is stopped.
        verbose: whether what the code writes to standard error is shown.
    """

    root: Path
    folder: str
    python: str
    variables: dict[str, str] = {}
    timeout: float = 60.0
    verbose: bool = False


def environment(
    root: Path, *, python: str | None, env_file: Path | None, timeout: float, verbose: bool = False
) -> Environment:
    """Return how the code of a project is run when the command was given in this folder.

    Args:
        root: the project.
        python: an interpreter or environment; by default the project's own, then the active one.
        env_file: a file with lines ``NAME=value``.
        timeout: after how many seconds a process is stopped.
        verbose: whether what the code writes to standard error is shown.

    Raises:
        UsageError: one of them does not exist.
    """
    top = Path(os.path.realpath(root))
    here = Path(os.path.realpath(os.getcwd()))
    folder = here.relative_to(top).as_posix() if here.is_relative_to(top) else "."
    return Environment(
        root=top,
        folder=folder,
        python=interpreter(python, top),
        variables=variables(env_file) if env_file is not None else {},
        timeout=timeout,
        verbose=verbose,
    )


def interpreter(python: str | None, root: Path) -> str:
    """Return the interpreter that an application runs on.

    Args:
        python: what the user named: a program, or the folder of an environment.
        root: the project, whose environment is taken where nothing is named.

    Raises:
        UsageError: there is none.
    """
    programs = ("bin/python", "Scripts/python.exe")
    if python is not None:
        for candidate in (python, *(f"{python}/{program}" for program in programs)):
            if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
                return os.path.abspath(candidate)
        raise UsageError(f"{python}: no such interpreter or environment")
    active = os.environ.get("VIRTUAL_ENV", "")
    folders = [*(str(root / name) for name in ENVIRONMENTS), *([active] if active else [])]
    found = (f"{folder}/{program}" for folder in folders for program in programs)
    return next((path for path in found if os.access(path, os.X_OK)), sys.executable)


def variables(file: Path) -> dict[str, str]:
    """Read a file of environment variables.

    Raises:
        UsageError: it cannot be read, or a line is no assignment.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not name.strip() or name.startswith("#"):
            continue
        if not equals:
            raise UsageError(f"{file}:{number}: not a line of the form NAME=value")
        try:
            found[name.strip()] = " ".join(shlex.split(value, comments=True))
        except ValueError:
            found[name.strip()] = value.strip()
    return found


# ----------------------------------------------------------------------------------------------------- the contract
def contract(app: str, where: Environment, contents: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Return the contract of an application.

    Args:
        app: ``module:attribute``.
        where: how it is run.
        contents: the contents that files are to have; with them, a copy of the project is started.

    Raises:
        VerificationError: it does not start, or was imported from elsewhere than the copy.
    """
    if contents is None:
        return _probed(app, where, where.root, {})
    with copied(where.root, contents) as copy, tempfile.NamedTemporaryFile("r", prefix="litestar-fix-") as notes:
        found = _probed(app, where, copy, redirected(where, copy, notes.name))
        refuse_leaks(notes.read(), where, app)
        return found


def stable_contract(app: str, where: Environment) -> dict[str, Any]:
    """Return the contract without the values that the application makes anew at every start.

    Raises:
        VerificationError: it does not start.
    """
    return msgspec.convert(masked(contract(app, where), contract(app, where)), dict[str, Any])


def masked(first: Any, second: Any) -> Any:
    """Mark what differs between two contracts of the same code."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: masked(first.get(key), second.get(key)) for key in sorted({*first, *second})}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [masked(one, other) for one, other in zip(first, second, strict=True)]
    return first if first == second else VARIES


def _probed(app: str, where: Environment, root: Path, extra: Mapping[str, str]) -> dict[str, Any]:
    command = [where.python, str(PROBE), app, "--root", str(root), "--memory-limit", str(MEMORY)]
    with tempfile.TemporaryFile() as answer:
        code = run(command, where, root / where.folder, extra, answer.fileno())
        answer.seek(0)
        text = answer.read()
    if code is None:
        raise VerificationError(f"{app} does not start within {where.timeout:g} s")
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        end = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise VerificationError(f"{app} does not start: its process ends with {end} before it answers") from None
    if "error" in found:
        hint = f"; --python names another interpreter than {where.python}" if _NO_LITESTAR in found["error"] else ""
        raise VerificationError(f"{app} does not start: {found['error']}{hint}")
    return found


def redirected(where: Environment, copy: Path, notes: str) -> dict[str, str]:
    """The variables that make a process import from the copy, and note what it imports from the project itself."""
    known = where.variables.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    path = os.pathsep.join([str(REDIRECT), *([known] if known else [])])
    return {
        "PYTHONPATH": path,
        "LITESTAR_FIX_PROJECT": str(where.root),
        "LITESTAR_FIX_COPY": str(copy),
        "LITESTAR_FIX_NOTES": notes,
    }


def refuse_leaks(notes: str, where: Environment, what: str) -> None:
    """Refuse a proof that was about the wrong files.

    Raises:
        VerificationError: modules of the project itself were imported.
    """
    if notes:
        path = os.path.relpath(notes.splitlines()[0], where.root)
        raise VerificationError(f"{what} imports {path} from the project itself, not from the copy with the fixes")


def run(command: Sequence[str], where: Environment, folder: Path, extra: Mapping[str, str], output: int) -> int | None:
    """Run a command to its end, with everything that it started.

    Args:
        command: the program and its arguments.
        where: how it is run.
        folder: the working directory.
        extra: more environment variables.
        output: where standard output goes.

    Returns:
        Its exit code; None if its time was over.

    Raises:
        VerificationError: it cannot be started.
    """
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "UV_NO_SYNC": "1"}
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **where.variables, **fixed, **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if where.verbose else subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise VerificationError(f"{command[0]} cannot be run: {error.strerror}") from None
    try:
        return process.wait(where.timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and what it left behind."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
