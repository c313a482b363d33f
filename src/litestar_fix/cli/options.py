"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from litestar_fix.errors import UsageError

if TYPE_CHECKING:
    from litestar_fix.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

LEVELS = ("low", "medium", "high", "critical")
FORMATS = ("full", "concise", "json")

paths = click.argument("paths", nargs=-1, type=click.Path())


def _words(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _selector(flag: str, text: str) -> Callable[[Command], Command]:
    return click.option(flag, multiple=True, callback=_words, metavar="RULES", help=text)


def _stacked(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


selection = _stacked(
    _selector("--select", "Rules to run instead of the configured ones: codes, prefixes, names or ALL, with commas."),
    _selector("--extend-select", "Rules to run as well."),
    _selector("--ignore", "Rules not to run."),
)
configuration = _stacked(
    click.option(
        "--config", type=click.Path(path_type=Path), metavar="FILE", help="Read the settings from this TOML file."
    ),
    click.option("--isolated", is_flag=True, help="Read no settings at all."),
)
running = _stacked(
    click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many processes read files."),
    click.option(
        "--no-cache", is_flag=True, envvar="LITESTAR_FIX_NO_CACHE", help="Neither use nor keep what earlier runs found."
    ),
)
showing = _stacked(
    click.option("-v", "--verbose", is_flag=True, help="Show what was skipped and suppressed, too."),
    click.option("-q", "--quiet", is_flag=True, help="Show findings only."),
    click.option(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        help="When to use colours; NO_COLOR is honoured.",
    ),
)
reporting = _stacked(
    click.option(
        "--output-format",
        type=click.Choice(FORMATS),
        default="full",
        envvar="LITESTAR_FIX_OUTPUT_FORMAT",
        help="How findings are shown.  [default: full]",
    ),
    click.option("--statistics", is_flag=True, help="Show numbers by rule instead of findings."),
    click.option(
        "--fail-on",
        type=click.Choice(LEVELS, case_sensitive=False),
        default="low",
        metavar="LEVEL",
        help=f"The lowest severity of a remaining finding that makes the exit code 1: {', '.join(LEVELS)}.",
    ),
    click.option("--exit-zero", is_flag=True, help="Exit with 0 where it would be 1."),
)

_interpreter = _stacked(
    click.option(
        "--python",
        metavar="PATH",
        help="The interpreter or environment of the application.  [default: .venv or venv, else the active one]",
    ),
    click.option(
        "--env-file", type=click.Path(path_type=Path), metavar="FILE", help="Read environment variables from this file."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long a process may take.  [default: 60 for an application or formatter, 1800 for --verify-cmd]",
    ),
)
starting = _interpreter
formatting = click.option(
    "--format-cmd",
    metavar="COMMAND",
    help="Format the files that change with this command, which reads standard input and writes standard output: "
    "`ruff format --stdin-filename {path} -`, say. {path} stands for the file's path.",
)
verifying = _stacked(
    click.option(
        "--verify",
        metavar="APP",
        help="Run code of the project: start the application, module:attribute, before and after, and keep only fixes "
        "that leave its contract as it was.",
    ),
    click.option(
        "--verify-cmd",
        metavar="COMMAND",
        help="Run code of the project: keep only fixes with which this command (`pytest -q`, say) does no worse.",
    ),
    _interpreter,
)


def settings_of(options: dict[str, Any], root: Path) -> Settings:
    """Return the settings of a run: the project's, those of a file, or none, with what the command line selects.

    Raises:
        UsageError: an option, file, key or rule that does not exist.
    """
    from litestar_fix import settings

    config: Path | None = options["config"]
    if config is not None and options["isolated"]:
        raise UsageError("--config names settings and --isolated wants none; give one of them")
    if options["isolated"]:
        chosen = settings.Settings()
    else:
        chosen = settings.load(root) if config is None else settings.load_file(config)
    words = {name: options.get(name, ()) for name in ("select", "extend_select", "ignore")}
    if not any(words.values()):
        return chosen
    from litestar_fix import registry

    return registry.override(chosen, **words)
