"""Groups of commands, one of which needs no name: `litestar-fix src` is `litestar-fix fix src`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from litestar_fix.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

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


class DefaultToRun(DefaultToFix):
    """A group whose first word may be a command or, for ``run``, a repository."""

    default = "run"


def _reject_misspelt_command(word: str, commands: list[str]) -> None:
    if not os.path.exists(word) and os.sep not in word and (hint := did_you_mean(word, commands)):
        raise UsageError(f"{word}: no such command, file or folder{hint}")
