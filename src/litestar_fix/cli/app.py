"""The commands, and how a run ends.

Exit codes: 0 nothing is left, 1 findings remain or files would change, 2 the job was not done whole, 130 interrupted,
141 nobody reads the output. Nothing but click is imported here; a command imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from litestar_fix import __version__
from litestar_fix.cli import options as shared
from litestar_fix.cli.output import PipeClosed, open_closed_streams, write_lines
from litestar_fix.errors import LitestarFixError, UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTERRUPTED = 130
PIPE_CLOSED = 141
_NAME = "litestar-fix"
_OF_THE_GROUP = frozenset({"-h", "--help", "-V", "--version"})


class DefaultToFix(click.Group):
    """A group whose first word may be a command or, for ``fix``, a path."""

    default = "fix"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name first, wherever among the options it stands."""
        at = self._first_word(args)
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)
        if at is None and not _OF_THE_GROUP.isdisjoint(args):
            return super().parse_args(ctx, [word for word in args if word in _OF_THE_GROUP])
        if at is not None and args[at] in self.commands:
            return super().parse_args(ctx, [args[at], *args[:at], *args[at + 1 :]])
        if at is not None:
            _reject_misspelt_command(args[at], list(self.commands))
        return super().parse_args(ctx, [self.default, *args])

    def _first_word(self, args: Sequence[str]) -> int | None:
        """Return where the first word is that is neither an option nor the value of one."""
        takes_value = {
            name
            for command in self.commands.values()
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        at = 0
        while at < len(args):
            word = args[at]
            if word == "--":
                return None
            if not word.startswith("-") or word == "-":
                return at
            at += 2 if word in takes_value else 1
        return None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, and what ``fix`` would take in their place: options and paths."""
        from click.shell_completion import CompletionItem

        fix_context = click.Context(self.commands[self.default], parent=ctx, info_name=self.default)
        found = [*super().shell_complete(ctx, incomplete), *fix_context.command.shell_complete(fix_context, incomplete)]
        return found if incomplete.startswith("-") else [*found, CompletionItem(incomplete, type="file")]


def _reject_misspelt_command(word: str, commands: list[str]) -> None:
    if not os.path.exists(word) and os.sep not in word and (hint := did_you_mean(word, commands)):
        raise UsageError(f"{word}: no such command, file or folder{hint}")


@click.group(
    cls=DefaultToFix,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command's name the first words are paths to fix: `litestar-fix src` is `litestar-fix fix src`, "
    "and a folder called check is ./check.",
)
@click.version_option(__version__, "-V", "--version", prog_name=_NAME, message="%(prog)s %(version)s")
def cli() -> None:
    """Audit and rewrite Litestar applications."""


@cli.command("fix")
@shared.paths
@shared.stdin
@click.option(
    "-n", "--dry-run", is_flag=True, help="Write nothing; print a diff for `git apply`, and the findings on stderr."
)
@click.option("--diff", is_flag=True, help="As --dry-run, but print the diff alone.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply the fixes that change behaviour on purpose, too.")
@click.option("--allow-dirty", is_flag=True, help="Also write files with changes that git does not have.")
@click.option("--debug", is_flag=True, help="Save every fix that is dropped, for the report of a bug.")
@shared.formatting
@shared.verifying
@shared.selection
@shared.narrowing
@shared.reporting
@shared.configuration
@shared.running
@shared.showing
def fix(**options: Any) -> int:
    """Apply the safe fixes, and list what is left. This is what runs without a command."""
    from litestar_fix.cli import run

    return run.fix(options)


@cli.command("check")
@shared.paths
@shared.stdin
@shared.selection
@shared.narrowing
@shared.reporting
@shared.configuration
@shared.running
@shared.showing
def check(**options: Any) -> int:
    """List what is wrong, and change nothing."""
    from litestar_fix.cli import run

    return run.check(options)


@cli.command("suppress")
@shared.paths
@click.option("--reason", default="", metavar="TEXT", help="What the comments say behind the codes.")
@click.option("-n", "--dry-run", is_flag=True, help="Write nothing; print a diff for `git apply`.")
@click.option("--allow-dirty", is_flag=True, help="Also write files with changes that git does not have.")
@shared.selection
@shared.narrowing
@shared.configuration
@shared.running
@shared.showing
def suppress(**options: Any) -> int:
    """Write a comment at every finding that is left, so that it no longer counts."""
    from litestar_fix.cli import run

    return run.suppress(options)


@cli.command("undo")
@shared.paths
@click.option("-q", "--quiet", is_flag=True, help="Show only what could not be undone.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def undo(**options: Any) -> int:
    """Take back what the last run in this project wrote."""
    from litestar_fix.cli import run

    return run.undo(options)


@cli.command("audit")
@shared.paths
@click.option(
    "--output-format",
    type=click.Choice(("text", "markdown", "html", "json")),
    default="text",
    help="How it is shown.  [default: text]",
)
@click.option(
    "-o", "--output-file", type=click.Path(), metavar="FILE", help="Where it goes instead of standard output."
)
@shared.selection
@shared.baseline_file
@click.option("--no-baseline", is_flag=True, help="Know no findings beforehand.")
@shared.configuration
@shared.running
@shared.showing
def audit(**options: Any) -> int:
    """Say what is wrong and what is done well, by severity, with what to do first. Nothing is changed."""
    from litestar_fix.cli import audit as command

    return command.audit(options)


@cli.group("baseline")
def baseline() -> None:
    """Keep the findings of today in a file, so that only new ones count."""


@baseline.command("create")
@shared.paths
@click.option("--force", is_flag=True, help="Replace the baseline that there is.")
@shared.baseline_file
@shared.configuration
@shared.running
@shared.telling
def baseline_create(**options: Any) -> int:
    """Write down all findings that there are."""
    from litestar_fix.cli import baseline as command

    return command.create(options)


@baseline.command("check")
@shared.paths
@click.option("--base", metavar="REF", help="Also fail where the baseline knows more than that of REF did.")
@shared.baseline_file
@shared.configuration
@shared.running
@shared.telling
def baseline_check(**options: Any) -> int:
    """Exit with 1 if the baseline knows findings that are gone, or that it did not know before."""
    from litestar_fix.cli import baseline as command

    return command.check(options)


@baseline.command("prune")
@shared.paths
@shared.baseline_file
@shared.configuration
@shared.running
@shared.telling
def baseline_prune(**options: Any) -> int:
    """Take out of the baseline what is gone."""
    from litestar_fix.cli import baseline as command

    return command.prune(options)


@cli.command("bot")
@shared.paths
@click.option("--base", metavar="REF", required=True, help="The branch or commit that the change is for.")
@click.option(
    "--output-dir",
    type=click.Path(),
    metavar="DIR",
    required=True,
    help="Where fixes.patch, review.json and summary.md go.",
)
@click.option("--commit-per-rule", is_flag=True, help="Also write the fixes, and commit those of each rule apart.")
@shared.running
@shared.telling
def bot(**options: Any) -> int:
    """Fix what a pull request touched, without trusting it.

    Settings and the baseline are those of the base; no code of the repository runs; only safe fixes are made.
    """
    from litestar_fix.cli import bot as command

    return command.bot(options)


@cli.command("verify-pr")
@click.argument("range", metavar="BASE..HEAD")
@shared.paths
@click.option("--unsafe-fixes", is_flag=True, help="The fixes that change behaviour on purpose may be part of it.")
@shared.running
@shared.telling
def verify_pr(**options: Any) -> int:
    """Tell whether a change is exactly what this tool makes, or show what else is in it."""
    from litestar_fix.cli import bot as command

    return command.verify_pr(options)


@cli.command("plan")
@shared.many
@shared.summary
def plan(**options: Any) -> int:
    """Say what would be done in each of many repositories: folders or URLs. Nothing is changed.

    What counts is the current commit of each; a folder in it with its own manifest is a project of its own.
    """
    from litestar_fix.cli import batch as command

    return command.plan(options)


class DefaultToRun(DefaultToFix):
    """A group whose first word may be a command or, for ``run``, a repository."""

    default = "run"


@cli.group(
    "batch",
    cls=DefaultToRun,
    epilog="Without a command's name the first words are repositories: `litestar-fix batch URL --state FILE` is "
    "`litestar-fix batch run URL --state FILE`.",
)
def batch() -> None:
    """Migrate many repositories: commits on a branch of a clone, patches, pull requests."""


@batch.command("run")
@shared.many
@shared.batch_state
@click.option("--work-dir", type=click.Path(), metavar="DIR", help="Where the clones lie.  [default: FILE.work]")
@click.option("--failed", is_flag=True, help="Do again those that failed, and only those.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply the fixes that change behaviour on purpose, too.")
@click.option(
    "--verify-cmd",
    metavar="COMMAND",
    help="Run code of the repositories: keep only fixes with which this command (`pytest -q`, say) does no worse.",
)
@shared.starting
@click.option("--branch", default="litestar-fix", metavar="NAME", help="The branch.  [default: litestar-fix]")
@click.option(
    "--commit-per-rule/--one-commit", default=True, help="Whether each rule has its commit.  [default: it has]"
)
@click.option(
    "--shard-by",
    type=click.Choice(("rule", "dir", "codeowners")),
    help="Divide the commits over several branches, each upon the one before.",
)
@click.option(
    "--max-files", type=click.IntRange(min=1), metavar="N", help="How many Python files such a branch may change."
)
@click.option("--patch-dir", type=click.Path(), metavar="DIR", help="Also write the commits for `git am`.")
@click.option("--push", is_flag=True, help="Push the branches, as git would for you.")
@click.option("--pr", type=click.Choice(("draft",)), help="Open drafts of pull requests with your `gh`.")
def batch_run(**options: Any) -> int:
    """Migrate repositories, or go on where an interrupted run was."""
    from litestar_fix.cli import batch as command

    return command.batch(options)


@batch.command("status")
@shared.batch_state
def batch_status(**options: Any) -> int:
    """Show how far each repository is."""
    from litestar_fix.cli import batch as command

    return command.status(options)


@batch.command("report")
@shared.batch_state
@shared.summary
def batch_report(**options: Any) -> int:
    """Show what was found and made, with totals."""
    from litestar_fix.cli import batch as command

    return command.report(options)


@cli.command("init")
@shared.paths
@click.option("-n", "--dry-run", is_flag=True, help="Write nothing; print a diff for `git apply`.")
@click.option("--allow-dirty", is_flag=True, help="Also write files with changes that git does not have.")
def init(**options: Any) -> int:
    """Give a project its first settings, as comments, and let ruff know the codes."""
    from litestar_fix.cli import setup

    return setup.init(options)


@cli.command("ci-setup")
@click.argument("service", type=click.Choice(("github", "gitlab", "pre-commit")))
@click.option("--write", is_flag=True, help="Create the file; one that is there is left as it is.")
def ci_setup(**options: Any) -> int:
    """Print what a service needs to run litestar-fix."""
    from litestar_fix.cli import setup

    return setup.ci_setup(options)


@cli.command("rules")
@shared.plugin
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How the list is shown.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def rules(**options: Any) -> int:
    """List all rules."""
    from litestar_fix.cli import explain

    return explain.rules(options)


def _complete_rules(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from litestar_fix.registry import rules as known

    names = [name for info in known() for name in (info.code, info.name)]
    return [name for name in names if name.lower().startswith(incomplete.lower())]


@cli.command("rule")
@click.argument("code", shell_complete=_complete_rules)
@shared.plugin
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How it is shown.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def rule(**options: Any) -> int:
    """Explain the rule of a code or name."""
    from litestar_fix.cli import explain

    return explain.rule(options)


@cli.command("graph")
@shared.paths
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How the tree is shown.")
@shared.configuration
@shared.running
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def graph(**options: Any) -> int:
    """Show the resolved layers: applications, routers, controllers, handlers and what holds on them."""
    from litestar_fix.cli import explain

    return explain.graph(options)


@cli.command("contract")
@click.argument("words", nargs=-1, metavar="APP | diff BEFORE AFTER")
@shared.starting
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
@click.option("-v", "--verbose", is_flag=True, help="Show what the application prints while it starts.")
def contract(**options: Any) -> int:
    """Print what an application promises, as JSON; it is started for that, in a process of its own.

    APP is module:attribute, an application or a function that makes one. `contract diff` compares two such files: it
    exits with 0 if they are equal, and with 1 if not.
    """
    from litestar_fix.cli import contract as command

    return command.contract(options)


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
