"""How a call that blocks the event loop is shown: its text, where it is made, and the way to it."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.blocked_loops import Blocked
from litestar_fix.model.graph import show
from litestar_fix.model.made_calls import Made
from litestar_fix.model.qualnames import readable
from litestar_fix.model.symbols import Local


def where(blocked: Blocked) -> str:
    """Return the coroutine function, and the whole way where there is one."""
    if not blocked.entry and blocked.is_direct:
        return f"{blocked.role} {_plain(blocked.root)}"
    names = [_plain(step.runs) for step in (*blocked.entry, *blocked.way) if isinstance(step.runs, Local)]
    way = " > ".join([f"{blocked.role} {_plain(blocked.root)}", *names, shown(blocked.way[-1])])
    return f"{_plain(blocked.first.caller)} ({way})"


def steps(blocked: Blocked) -> Iterator[tuple[Made, str]]:
    """Yield the calls on the way beside the one that is reported, and what to say of each."""
    for step in blocked.entry:
        yield step, f"{_plain(step.caller)} calls {shown(step)}"
    for step in blocked.way[1:-1]:
        yield step, f"{_plain(step.caller)} calls {shown(step)}"
    yield blocked.way[-1], f"{shown(blocked.way[-1])} blocks"


def shown(made: Made) -> str:
    """Return the text of a call; of a function that is handed on, its name."""
    handed = made.name if made.name != made.call.callee and not made.name.startswith(("super()", "()")) else ""
    text = handed or show(made.call.func)
    return f"{text.rpartition('.')[2] if ' ' in text else text}()"


def _plain(symbol: Local) -> str:
    parts = readable(symbol.qualname).split(".")
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
