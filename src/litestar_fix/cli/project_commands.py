"""The commands that look for findings in a project, or prepare it for that; each imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import click

from litestar_fix.cli import options as shared


@click.command("fix")
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


@click.command("check")
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


@click.command("suppress")
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


@click.command("undo")
@shared.paths
@click.option("-q", "--quiet", is_flag=True, help="Show only what could not be undone.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def undo(**options: Any) -> int:
    """Take back what the last run in this project wrote."""
    from litestar_fix.cli import run

    return run.undo(options)


@click.command("audit")
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


@click.group("baseline")
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


@click.command("bot")
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


@click.command("verify-pr")
@click.argument("range", metavar="BASE..HEAD")
@shared.paths
@click.option("--unsafe-fixes", is_flag=True, help="The fixes that change behaviour on purpose may be part of it.")
@shared.running
@shared.telling
def verify_pr(**options: Any) -> int:
    """Tell whether a change is exactly what this tool makes, or show what else is in it."""
    from litestar_fix.cli import bot as command

    return command.verify_pr(options)


@click.command("init")
@shared.paths
@click.option("-n", "--dry-run", is_flag=True, help="Write nothing; print a diff for `git apply`.")
@click.option("--allow-dirty", is_flag=True, help="Also write files with changes that git does not have.")
def init(**options: Any) -> int:
    """Give a project its first settings, as comments, and let ruff know the codes."""
    from litestar_fix.cli import setup

    return setup.init(options)


@click.command("ci-setup")
@click.argument("service", type=click.Choice(("github", "gitlab", "pre-commit")))
@click.option("--write", is_flag=True, help="Create the file; one that is there is left as it is.")
def ci_setup(**options: Any) -> int:
    """Print what a service needs to run litestar-fix."""
    from litestar_fix.cli import setup

    return setup.ci_setup(options)
