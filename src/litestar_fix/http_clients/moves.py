"""What becomes of the requests of a function that the application answers in the same process."""

from __future__ import annotations

import msgspec

from litestar_fix.model.facts import Span
from litestar_fix.model.importable_apps import ImportableApp


class Refused(Exception):
    """Why requests stay as they are."""


class MovedCall(msgspec.Struct, frozen=True):
    """A request of a test client.

    Args:
        call: the call.
        func: what is called instead, '' for what is called already.
        url: the place of the address among the arguments.
        origin: what is cut off it.
        text: the path where the address is one name, '' where it is text of its own.
        renamed: keywords and their new names.
        awaited: whether the call is awaited from now on.
    """

    call: Span
    func: str
    url: int
    origin: str
    text: str
    renamed: tuple[tuple[str, str], ...]
    awaited: bool


class Move(msgspec.Struct, frozen=True):
    """The requests of a function that an application answers in the same process.

    Args:
        path: the file.
        scope: the function.
        app: the application.
        home: the name under which the file imports the module of the application.
        calls: the requests.
        clients: the calls that make a client, and the class in ``litestar.testing`` that makes one now.
        run: the statements that are put under a new client, None where there is none.
        client: the name of that client.
        is_async: whether it is an asynchronous one.
    """

    path: str
    scope: str
    app: ImportableApp
    home: str
    calls: tuple[MovedCall, ...]
    clients: tuple[tuple[Span, str], ...]
    run: Span | None
    client: str
    is_async: bool
