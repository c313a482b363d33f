"""The program: all commands, and how a run ends.

Exit codes: 0 nothing is left, 1 findings remain or files would change, 2 the job was not done whole, 130 interrupted,
141 nobody reads the output. Nothing but click is imported here; a command imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from litestar_fix import __version__
from litestar_fix.cli import batch_commands as many
from litestar_fix.cli import explain_commands as explain
from litestar_fix.cli import project_commands as project
from litestar_fix.cli.groups import DefaultToFix
from litestar_fix.cli.output import PipeClosed, open_closed_streams, write_lines
from litestar_fix.errors import LitestarFixError, did_you_mean

INTERRUPTED = 130
PIPE_CLOSED = 141
_NAME = "litestar-fix"


@click.group(
    cls=DefaultToFix,
    commands=(
        project.fix,
        project.check,
        project.suppress,
        project.undo,
        project.audit,
        project.baseline,
        project.bot,
        project.verify_pr,
        many.plan,
        many.batch,
        project.init,
        project.ci_setup,
        explain.rules,
        explain.rule,
        explain.graph,
        explain.contract,
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command's name the first words are paths to fix: `litestar-fix src` is `litestar-fix fix src`, "
    "and a folder called check is ./check.",
)
@click.version_option(__version__, "-V", "--version", prog_name=_NAME, message="%(prog)s %(version)s")
def cli() -> None:
    """Audit and rewrite Litestar applications."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        The exit code.
    """
    open_closed_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    return _guarded(
        lambda: cli.main(words, prog_name=_NAME, standalone_mode=False), is_verbose="-v" in words or "--debug" in words
    )


def program() -> None:
    """Run the command line as a program of its own: the operating system frees a project's facts faster than Python."""
    from litestar_fix.host import Host

    Host.wants_lint_rules = False
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or PIPE_CLOSED
    os._exit(code)


def _guarded(run: Callable[[], Any], *, is_verbose: bool) -> int:
    try:
        code = run()
    except click.exceptions.Abort as error:
        return _interrupted(str(error.__cause__ or ""))
    except KeyboardInterrupt as error:
        return _interrupted(str(error))
    except PipeClosed:
        return PIPE_CLOSED
    except click.NoSuchOption as error:
        return _failed(f"no such option {error.option_name}{_similar_option(error)}")
    except click.ClickException as error:
        return _failed(error.format_message())
    except LitestarFixError as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001 (whatever it is, the user gets one line and an exit code)
        if is_verbose:
            import traceback

            traceback.print_exc()
        kind = type(error).__name__
        return _failed(f"internal error: {kind}: {error}; -v shows the traceback, please report it")
    return code if isinstance(code, int) else 0


def _interrupted(message: str) -> int:
    if message:
        write_lines(sys.stderr, [f"{_NAME}: {message}; `{_NAME} undo` takes them back"])
    return INTERRUPTED


def _similar_option(error: click.NoSuchOption) -> str:
    """The nearest option; the hyphens would make all options alike."""
    word = error.option_name.strip("-")
    near = [name for name in error.possibilities or () if did_you_mean(word, [name.strip("-")])]
    return did_you_mean(error.option_name, near)


def _failed(message: str) -> int:
    from litestar_fix.report.style import safe

    one_line = " ".join(message.split("\n"))
    write_lines(sys.stderr, [f"{_NAME}: error: {safe(one_line)}"])
    return 2
