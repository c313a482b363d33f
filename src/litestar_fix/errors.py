"""The exceptions of litestar-fix.

LitestarFixError
+-- UsageError              an option, path, rule or settings key that does not exist (exit 2)
|   +-- SettingsError       a [tool.litestar-fix] table or litestar-fix.toml that cannot be used
+-- UnreadableFile          a file that cannot be analysed; the other files are done (exit 2)
+-- EditError               an edit that cannot be applied as meant; its finding is dropped and named (exit 2)
|   +-- RefusedEdit         an edit that the file itself forbids; its finding is refused, with the reason (exit 1)
+-- WriteError              a file that changed since it was analysed, or cannot be written (exit 2)
+-- FormatterError          the formatter of the command line fails, or would change code; nothing is written (exit 2)
+-- VerificationError       what fixes were to be proved by cannot be run; nothing is written (exit 2)
"""

from __future__ import annotations

from collections.abc import Iterable


class LitestarFixError(Exception):
    """Anything litestar-fix reports itself: one line that names the thing and the cure."""


class UsageError(LitestarFixError):
    """The command or a call names something that does not exist."""


class SettingsError(UsageError):
    """A settings file cannot be used."""


class UnreadableFile(LitestarFixError):
    """A file cannot be analysed.

    Args:
        path: the file, as the user would write it.
        reason: why, in a few words.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[UnreadableFile], tuple[str, str]]:
        return type(self), (self.path, self.reason)


class EditError(LitestarFixError):
    """An edit does not fit the file it was made for; ``output`` is what came of it, where anything did."""

    output = b""


class RefusedEdit(EditError):
    """An edit that was made as meant, and yet may not be: of a suppression only its owner knows what it is for."""


class WriteError(LitestarFixError):
    """A file could not be written, and was left as it was."""


class FormatterError(LitestarFixError):
    """A formatter failed, or did more than that."""


class VerificationError(LitestarFixError):
    """What fixes were to be proved by cannot be run, or says nothing about them."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` for the known word that is nearest to a misspelt one, or nothing."""
    import difflib  # only the run that fails pays for it

    folded = {item.lower(): item for item in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""
