"""The commands that take many repositories; each imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import click

from litestar_fix.cli import options as shared
from litestar_fix.cli.groups import DefaultToRun


@click.command("plan")
@shared.many
@shared.summary
def plan(**options: Any) -> int:
    """Say what would be done in each of many repositories: folders or URLs. Nothing is changed.

    What counts is the current commit of each; a folder in it with its own manifest is a project of its own.
    """
    from litestar_fix.cli import batch as command

    return command.plan(options)


@click.group(
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
