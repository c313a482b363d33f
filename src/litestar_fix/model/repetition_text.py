"""How a repetition is said in a message."""

from __future__ import annotations

from litestar_fix.model.facts import Dict, Expr, Seq
from litestar_fix.model.graph import show
from litestar_fix.model.options import WITHOUT_EFFECT_ON_OPTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.repetition import Repetition

_LONG = 60
#: Of a list there is nothing shorter to say than its items.
_LONG_LIST = 100


def what(found: Repetition) -> str:
    """Say what is repeated: ``repeat guards=[requires_login]``."""
    if found.length is not None:
        ((option, values),) = found.values.items()
        text = shortened(f"[{', '.join(show(value.expr) for value in values)}]", "[...]", _LONG_LIST)
        return f"begin {option} with {text}" if found.is_beginning else f"repeat {option}={text}"
    shown = [
        f"{option}={shortened(show(value.expr), _outline(value.expr))}" for option, (value,) in found.values.items()
    ]
    return f"repeat {', '.join(shown)}"


def it(found: Repetition) -> str:
    """Return the pronoun for what is repeated."""
    return "them" if len(found.values) > 1 else "it"


def shortened(text: str, outline: str, longest: int = _LONG) -> str:
    """Return a text, or its outline where it is long."""
    return text if len(text) <= longest else outline


def _outline(expr: Expr) -> str:
    match expr:
        case Dict(keys=keys):
            shown = [f"{show(key)}: ..." if key is not None else "**..." for key in keys]
            return shortened(f"{{{', '.join(shown)}}}", "{...}")
        case Seq():
            return shortened(show(expr), "[...]", _LONG_LIST)
    return "..."


def options_note(project: Project, found: Repetition, *, has_routes: bool) -> str:
    """Name the OPTIONS routes, which until Litestar 3 belong to the layer that gets the option.

    Args:
        project: the project.
        found: what moves.
        has_routes: whether there are such routes that do not have it now.
    """
    version = project.litestar_version
    has_routes = has_routes and (version is None or version < (3,))
    if not has_routes or WITHOUT_EFFECT_ON_OPTIONS.issuperset(found.values):
        return ""
    change = " and may answer 401" if "guards" in found.values else ""
    return f" (its automatic OPTIONS routes get {it(found)} too{change})"
