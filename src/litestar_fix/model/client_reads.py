"""What code asks of the client behind a connection: user, auth and session.

Source: ``litestar/connection/base.py``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from litestar_fix.model.callables import callable_of
from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Call, Const, Expr, Function, Ref, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import children, own_expressions, statements

CLIENT = frozenset({"auth", "session", "user"})


class ClientRead(msgspec.Struct, frozen=True):
    """Something that is asked of a client.

    Args:
        what: ``user.role``, ``session.get.role``: equal for two ways to ask for the same.
        expr: how it is written.
    """

    what: str
    expr: Expr

    def is_part_of(self, other: ClientRead) -> bool:
        """Whether one of both is the other, or holds it."""
        return f"{self.what}.".startswith(f"{other.what}.") or f"{other.what}.".startswith(f"{self.what}.")


def client_reads(expr: Expr, meaning: Mapping[str, str]) -> Iterator[ClientRead]:
    """Yield what an expression asks of the client.

    Args:
        expr: the expression.
        meaning: what names stand for: '' a connection, ``user`` the user, and so on.
    """
    match expr:
        case Call(func=Ref(name=name), args=(Const(value=str(key)), *_)) if name.endswith(".get"):
            what = _item(name.removesuffix(".get"), key, meaning)
        case Sub(value=Ref(name=name), index=Const(value=str(key))):
            what = _item(name, key, meaning)
        case Ref(name=name):
            what = _asked(name, meaning)
        case _:
            what = ""
    if what:
        yield ClientRead(what, expr)
        return
    for child in children(expr):
        yield from client_reads(child, meaning)


def _asked(name: str, meaning: Mapping[str, str]) -> str:
    """What a dotted name asks of the client; '' where that is nothing."""
    what = _meant(name, meaning)
    return what if what.partition(".")[0] in CLIENT else ""


def _item(name: str, key: str, meaning: Mapping[str, str]) -> str:
    """What an item of a dotted name asks of the client: the scope holds the user, too."""
    if _meant(name, meaning) == "scope":
        return key if key in CLIENT else ""
    what = _asked(name, meaning)
    return f"{what}.{key}" if what else ""


def _meant(name: str, meaning: Mapping[str, str]) -> str:
    root, _, rest = name.partition(".")
    return ".".join(part for part in (meaning[root], rest) if part) if root in meaning else ""


# ------------------------------------------------------------------------------------------------------------- guards
def is_guarded(project: Project, route: Route, reads: Iterable[ClientRead]) -> bool:
    """Whether a guard of a route may ask the client for the same; one that cannot be read may ask for anything."""
    wanted = list(reads)
    found = [items(project, value) for layer in route.layers for value in layer.values("guards")]
    return any(not part.known or any(_may_ask(project, guard, wanted) for guard in part.items) for part in found)


def _may_ask(project: Project, guard: Located, wanted: Iterable[ClientRead]) -> bool:
    known = callable_of(project, guard)
    functions = [project.function(body) for body in known.bodies] if known is not None else []
    return not functions or any(function is None or _asks(function, wanted) for function in functions)


def _asks(function: Function, wanted: Iterable[ClientRead]) -> bool:
    connection = next((param.name for param in function.params if param.name not in ("self", "cls")), "")
    if connection in function.names:
        return True  # it is handed on
    roots = (root for stmt in statements(function.body) for root in own_expressions(stmt))
    reads = [read for root in roots for read in client_reads(root, {connection: ""})]
    return any(read.is_part_of(other) for read in reads for other in wanted)
