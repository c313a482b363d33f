"""Audit and rewrite Litestar applications.

``check`` and ``fix`` are what the command line calls. Everything is imported when it is first asked for, so that this
import costs nothing.
"""

TYPE_CHECKING = False  # type checkers know the name; importing it would cost more than all else here
if TYPE_CHECKING:
    from litestar_fix.api import Run, check, fix, suppress, undo
    from litestar_fix.errors import FormatterError, LitestarFixError, SettingsError, UsageError, VerificationError
    from litestar_fix.finding import Applicability, Finding, Severity, State
    from litestar_fix.formatting import Formatter
    from litestar_fix.proof.verification import Verification
    from litestar_fix.result import (
        Change,
        Difference,
        Place,
        Problem,
        Report,
        Reported,
        Skipped,
        Undone,
        Verdict,
        VerdictKind,
    )
    from litestar_fix.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "Applicability",
    "Change",
    "Difference",
    "Finding",
    "Formatter",
    "FormatterError",
    "LitestarFixError",
    "Place",
    "Problem",
    "Report",
    "Reported",
    "Run",
    "Settings",
    "SettingsError",
    "Severity",
    "Skipped",
    "State",
    "Undone",
    "UsageError",
    "Verdict",
    "VerdictKind",
    "Verification",
    "VerificationError",
    "__version__",
    "check",
    "fix",
    "suppress",
    "undo",
]

_HOMES = {
    "api": ("Run", "check", "fix", "suppress", "undo"),
    "errors": ("FormatterError", "LitestarFixError", "SettingsError", "UsageError", "VerificationError"),
    "finding": ("Applicability", "Finding", "Severity", "State"),
    "formatting": ("Formatter",),
    "proof.verification": ("Verification",),
    "result": (
        "Change",
        "Difference",
        "Place",
        "Problem",
        "Report",
        "Reported",
        "Skipped",
        "Undone",
        "Verdict",
        "VerdictKind",
    ),
    "settings": ("Settings",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
