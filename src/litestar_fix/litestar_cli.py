"""``litestar fix``: this tool as a command of Litestar's own program.

Litestar loads this module whenever its program starts, and imports the application before it runs any command: one that
does not import could not be fixed, and one that does would be executed for it. So where ``fix`` is what is wanted the
command runs when this module is loaded, before all that, and the process ends with it. For every other command this
costs next to nothing and must break nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

_NAME = "fix"
_PROGRAMS = frozenset({"litestar", "litestar.exe", "litestar-script.py", "litestar-script.pyw"})
_WITH_VALUE = ("--app", "--app-dir")


def words_of(arguments: Sequence[str]) -> list[str] | None:
    """Return what stands behind ``litestar fix``, None where that is not what was called.

    Args:
        arguments: of the process, its program first.
    """
    program, *words = arguments
    folder, name = os.path.split(program)
    is_module = name == "__main__.py" and os.path.basename(folder) == "litestar"
    if not is_module and name not in _PROGRAMS:
        return None
    while words:
        word = words.pop(0)
        if word == _NAME:
            return words
        if word in _WITH_VALUE:
            del words[:1]
        elif not word.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            return None  # another command, or an option of which nobody knows whether it has a value
    return None


def _run(words: list[str]) -> None:
    """Run as `litestar-fix` would, and end the process."""
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]  # the project: `python -m litestar` puts it first, and our imports must not come from there
    from litestar_fix.cli import program

    sys.argv[1:] = words
    program()


@click.command(
    _NAME,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    short_help="Audit and rewrite the application (litestar-fix).",
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def fix(words: tuple[str, ...]) -> None:
    """Run litestar-fix: `litestar fix --help` says how."""
    from litestar_fix.cli import main

    raise SystemExit(main(words))


try:
    _wanted = words_of(sys.argv)
except Exception:  # noqa: BLE001 (whatever the arguments are, Litestar's program goes on)
    _wanted = None
if _wanted is not None:
    try:
        _run(_wanted)
    except Exception as error:  # noqa: BLE001 (one line, as for everything that goes wrong here)
        sys.stderr.write(f"litestar-fix: error: cannot be started: {type(error).__name__}: {error}\n")
        raise SystemExit(2) from None
