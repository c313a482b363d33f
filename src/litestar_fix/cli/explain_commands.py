"""The commands that show rules, layers or a contract, and no findings; each imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import click

from litestar_fix.cli import options as shared


@click.command("rules")
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


@click.command("rule")
@click.argument("code", shell_complete=_complete_rules)
@shared.plugin
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How it is shown.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def rule(**options: Any) -> int:
    """Explain the rule of a code or name."""
    from litestar_fix.cli import explain

    return explain.rule(options)


@click.command("graph")
@shared.paths
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How the tree is shown.")
@shared.configuration
@shared.running
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours.")
def graph(**options: Any) -> int:
    """Show the resolved layers: applications, routers, controllers, handlers and what holds on them."""
    from litestar_fix.cli import explain

    return explain.graph(options)


@click.command("contract")
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
