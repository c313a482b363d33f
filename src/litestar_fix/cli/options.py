"""The options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from litestar_fix.cli.formats import FORMATS
from litestar_fix.errors import UsageError

if TYPE_CHECKING:
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

LEVELS = ("low", "medium", "high", "critical")

paths = click.argument("paths", nargs=-1, type=click.Path())
stdin = click.option(
    "--stdin-filename",
    metavar="FILE",
    help="Take standard input for the content of this file of the project; the path is `-` then.",
)


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
plugin = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="NAME",
    help="Run code of an installed plug-in: its rules are asked, too. May be given more than once.",
)
configuration = _stacked(
    click.option(
        "--config", type=click.Path(path_type=Path), metavar="FILE", help="Read the settings from this TOML file."
    ),
    click.option("--isolated", is_flag=True, help="Read no settings at all."),
    plugin,
    click.option("--force-exclude", is_flag=True, help="Leave out what is excluded even where it is named."),
)
running = _stacked(
    click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many processes read files."),
    click.option(
        "--no-cache", is_flag=True, envvar="LITESTAR_FIX_NO_CACHE", help="Neither use nor keep what earlier runs found."
    ),
)
telling = _stacked(
    click.option("-q", "--quiet", is_flag=True, help="Show findings only."),
    click.option(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        help="When to use colours; NO_COLOR is honoured.",
    ),
)
showing = _stacked(
    click.option("-v", "--verbose", is_flag=True, help="Show what was skipped and suppressed, too."), telling
)
reporting = _stacked(
    click.option(
        "--output-format",
        type=click.Choice(FORMATS),
        default="full",
        envvar="LITESTAR_FIX_OUTPUT_FORMAT",
        metavar="FORMAT",
        help=f"How findings are shown: {', '.join(FORMATS)}.  [default: full]",
    ),
    click.option(
        "--output",
        multiple=True,
        metavar="FORMAT=FILE",
        help="Where findings go, in which format; `-` is standard output. May be given more than once.",
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

baseline_file = click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where known findings are kept.  [default: litestar-fix-baseline.json of the project]",
)
narrowing = _stacked(
    click.option("--since", metavar="REF", help="Count only lines changed since the branch left REF."),
    click.option("--changed", is_flag=True, help="Count only lines that are not committed."),
    click.option("--staged", is_flag=True, help="Count only lines that are staged."),
    click.option("--whole-files", is_flag=True, help="Count all lines of the files that these touch."),
    baseline_file,
    click.option("--no-baseline", is_flag=True, help="Know no findings beforehand."),
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

many = _stacked(
    click.argument("repositories", nargs=-1, metavar="[REPO]..."),
    click.option(
        "--from-file",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Read more of them from a file: .toml (repositories = [...]), .txt (lines), .csv (column repository).",
    ),
    selection,
    click.option("--no-baseline", is_flag=True, help="Know no findings beforehand."),
    click.option(
        "--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings that count in every repository."
    ),
    click.option("--isolated", is_flag=True, help="Read no settings at all."),
    click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many repositories at a time."),
    click.option(
        "--dask", metavar="ADDRESS", help="Work on the Dask cluster with this scheduler (litestar-fix[dask])."
    ),
    click.option(
        "--repository-timeout",
        type=click.FloatRange(min=0, min_open=True, max=31_536_000),
        default=3600.0,
        metavar="SECONDS",
        help="How long one repository may take.  [default: 3600]",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
)
summary = _stacked(
    click.option(
        "--output-format",
        type=click.Choice(("text", "json", "csv", "markdown", "html")),
        default="text",
        help="How it is shown.  [default: text]",
    ),
    click.option(
        "-o", "--output-file", type=click.Path(), metavar="FILE", help="Where it goes instead of standard output."
    ),
)
batch_state = click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="Where it is kept how far a batch is.",
)


def use_plugins(options: dict[str, Any]) -> None:
    """Load the plug-ins that the command line names, and no others.

    Raises:
        UsageError: one is not installed, or is none.
    """
    from litestar_fix import registry

    if not options["plugins"]:
        registry.add(())
        return
    from litestar_fix import plugins

    plugins.use(options["plugins"])


def settings_of(options: dict[str, Any], root: Path) -> Settings:
    """Return the settings of a run: the project's, those of a file, or none, with what the command line selects.

    Raises:
        UsageError: an option, file, key or rule that does not exist.
    """
    from litestar_fix.settings import Settings, load
    from litestar_fix.settings.files import load_file

    use_plugins(options)
    config: Path | None = options["config"]
    if config is not None and options["isolated"]:
        raise UsageError("--config names settings and --isolated wants none; give one of them")
    if options["isolated"]:
        chosen = Settings()
    elif config is not None:
        chosen = load_file(config)
    else:
        chosen = load(root)
    if options["force_exclude"]:
        import msgspec

        chosen = msgspec.structs.replace(chosen, force_exclude=True)
    words = {name: options.get(name, ()) for name in ("select", "extend_select", "ignore")}
    if not any(words.values()):
        return chosen
    from litestar_fix import registry

    return registry.override(chosen, **words)


def paths_of(options: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths of a run: the current folder where none is named, and for `-` the file that it stands for.

    Raises:
        UsageError: it is not said, or not only, which file standard input is.
    """
    paths: tuple[str, ...] = options["paths"] or (".",)
    file: str | None = options.get("stdin_filename")
    if "-" not in paths or "stdin_filename" not in options:
        if file is not None:
            raise UsageError("--stdin-filename says which file standard input is; the path is `-` then")
        return paths
    if file is None:
        raise UsageError("`-` is standard input; say which file it is: `- --stdin-filename FILE`")
    if len(paths) > 1:
        raise UsageError("`-` is the one file that --stdin-filename names; give no other paths")
    if os.path.isdir(file):
        raise UsageError(f"--stdin-filename: {file} is a folder; name a file in it")
    return (file,)


def unsaved_of(options: dict[str, Any]) -> bytes | None:
    """Return what standard input says a file holds, None where it says nothing.

    Raises:
        UsageError: options that look at files on disk, or something that is too large for a file.
    """
    if "-" not in options["paths"]:
        return None
    for name in ("since", "changed", "staged", "verify", "verify_cmd"):
        if options.get(name):
            raise UsageError(f"--{name.replace('_', '-')} looks at what is on disk; leave it out with `-`")
    from litestar_fix.discovery import MAX_BYTES

    if sys.stdin is None:
        raise UsageError("standard input is closed")
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(f"standard input: larger than {MAX_BYTES // 1_000_000} MB")
    return content


def baseline_path(options: dict[str, Any], root: Path) -> Path:
    """Return where the baseline of a project lies, or would."""
    from litestar_fix.baseline import NAME

    named: Path | None = options["baseline"]
    return root / NAME if named is None else named


def narrowing_of(options: dict[str, Any], root: Path) -> Narrowing | None:
    """Return what narrows a run, None where nothing does.

    Raises:
        UsageError: options that contradict each other, or a commit that does not exist.
        LitestarFixError: a baseline that is none.
    """
    chosen = [name for name in ("since", "changed", "staged") if options[name]]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} are two ways to say what counts; give one of them")
    if options["whole_files"] and not chosen:
        raise UsageError("--whole-files is about --since, --changed and --staged; give one of them, too")
    if options["no_baseline"] and options["baseline"] is not None:
        raise UsageError("--baseline names known findings and --no-baseline wants none; give one of them")
    path = baseline_path(options, root)
    has_baseline = not options["no_baseline"] and (options["baseline"] is not None or path.is_file())
    if not chosen and not has_baseline:
        return None
    from litestar_fix import baseline, touched
    from litestar_fix.narrowing import Narrowing

    lines = None
    if chosen:
        lines = touched.since(root, options["since"]) if options["since"] else getattr(touched, chosen[0])(root)
    return Narrowing(
        baseline=baseline.read(path) if has_baseline else None, touched=lines, whole_files=options["whole_files"]
    )
