"""A formatter that the command line names: it is given each rewritten file, and what it returns is what is written.

Nothing of a project chooses what is run. The formatter reads a file on standard input and writes it to standard output,
so that it sees what is about to be written, and the tree has only whole files.
"""

from __future__ import annotations

import ast
import io
import os
import shlex
import signal
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from litestar_fix.apply.depth import with_room
from litestar_fix.errors import FormatterError, UsageError

#: Stands for the path of the file in a command.
PATH = "{path}"
#: Seconds that a formatter may take for one file.
SECONDS = 60.0


class Formatter(msgspec.Struct, frozen=True):
    """A command that formats standard input.

    Args:
        command: its words as a shell would part them; no shell is asked. ``{path}`` is replaced by the file's path.
        seconds: after how many it is stopped.
    """

    command: str
    seconds: float = SECONDS

    def formatted(self, root: Path, contents: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return files as the formatter leaves them.

        Args:
            root: of the project.
            contents: the files, by their paths below the root.

        Raises:
            FormatterError: it fails, or would change more than the layout.
            UsageError: the command cannot be read.
        """
        words = self._words()
        found = {}
        for path, content in sorted(contents.items()):
            new = self._run([word.replace(PATH, str(root / path)) for word in words], path, content)
            if new != content:
                _check(self.command, path, content, new)
            found[path] = new
        return found

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command, posix=os.name == "posix")
        except ValueError as error:
            raise UsageError(f"--format-cmd {self.command!r} cannot be read: {error}") from None
        if not words:
            raise UsageError("--format-cmd names no command")
        return words

    def _run(self, command: list[str], path: str, content: bytes) -> bytes:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise FormatterError(f"{command[0]}: the formatter cannot be run: {error.strerror}") from None
        try:
            output, said = process.communicate(content, self.seconds)
        except subprocess.TimeoutExpired:
            raise FormatterError(f"{path}: {self.command!r} is not at an end after {self.seconds:g} s") from None
        finally:
            _end(process)
        if process.returncode:
            raise FormatterError(f"{path}: {self.command!r} ends with {process.returncode}{_first_line(said)}")
        if content.strip() and not output.strip():
            raise FormatterError(
                f"{path}: {self.command!r} writes nothing to standard output: it has to read the file from standard "
                "input, as `ruff format --stdin-filename {path} -` and `black -q -` do"
            )
        return output


def _first_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return f": {lines[0]}" if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a formatter and what it left behind."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


# --------------------------------------------------------------------------------------------- nothing but the layout
def _check(command: str, path: str, old: bytes, new: bytes) -> None:
    """Check that a formatter left a file the same code, and its comments.

    Raises:
        FormatterError: it did not.
    """
    try:
        is_same = with_room(_meaning, old) == with_room(_meaning, new)
        lost = _comments(old) - _comments(new)
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise FormatterError(f"{path}: what {command!r} writes is no Python: {error}") from None
    if not is_same:
        raise FormatterError(f"{path}: {command!r} would change the code, not only its layout")
    if lost:
        raise FormatterError(f"{path}: {command!r} would lose the comment {next(iter(lost))!r}")


def _meaning(content: bytes) -> str:
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None  # the `u` of a string
        elif isinstance(node, ast.Delete):
            # parentheses around several targets
            node.targets = [each for target in node.targets for each in _parted(target)]
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _bare_docstring(node.body)
    return ast.dump(tree)


def _parted(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple) else [target]


def _bare_docstring(body: list[ast.stmt]) -> None:
    """Leave out how a docstring is indented: formatters set that."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str(text)) as constant), *_]:
            constant.value = "\n".join(line.strip() for line in text.strip().expandtabs().splitlines())


def _comments(content: bytes) -> Counter[str]:
    return Counter(_words_of_comments(content))


def _words_of_comments(content: bytes) -> Iterator[str]:
    for token in tokenize.tokenize(io.BytesIO(content).readline):
        if token.type == tokenize.COMMENT and (text := token.string.strip("#!: \t")):
            yield text
