"""LSF406: what is served about one resource belongs into one controller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.facts import Span
from litestar_fix.model.grouping import controller_name, obstacle
from litestar_fix.model.project import Project
from litestar_fix.model.resource_groups import Group, Listing, groups, listing

_SHOWN = 3


class Grouping(msgspec.Struct, frozen=True):
    """Handlers that become methods, and the list that names their controller instead of them."""

    group: Group
    found: Listing
    name: str

    @property
    def run(self) -> Span:
        """From the first handler to the last."""
        first, last = self.group.handlers[0].function.span, self.group.handlers[-1].function.span
        return Span(first.line, first.column, last.end_line, last.end_column)


class UngroupedResource(practice.PracticeRule):
    """Handlers of one resource are registered one by one instead of as one controller.

    ## Why

    Three functions that serve `/moons`, `/moons/{id}` and `/moons/{id}/craters` repeat the path, and each is registered
    by its name: who adds a fourth has two places to remember. A controller has the path once, is registered once, and
    is the place for what holds for all of the resource: guards, dependencies, tags.

    ## When it is quiet

    Fewer than three HTTP handlers of one module with a common beginning of their paths; handlers whose router has that
    path; handlers that different routers register; methods, handlers within functions and those of tests. `/api` and
    `/v1` are no resources, and neither is a beginning below which there is such a resource: then that counts. What is
    registered or served in a way that is only known at run time.

    ## Fix safety

    Unsafe: paths, responses and the OpenAPI document stay as they are, but the functions are no names of the module any
    more, and the dotted name of a handler has its controller in it, which is how `route_reverse` finds a handler
    without a `name`. The automatic OPTIONS route belongs to the controller.

    The controller takes the place of the first function; where all of them are below a parameter, it has the whole
    path: `/decks/{deck:int}/cards`. The others follow it in their order, and what stands between them follows the
    controller. In the list that registers them, in whichever module, it takes the place of the first.

    Refused where a function is meant anywhere else: called, imported, exported, patched or found by its name; where
    the list that registers it is read for something else; where it has other decorators, or is made a handler by a
    call; where its path is no text in the decorator; where something is defined between them that they need, or that
    does something when it is defined; and where a name would change its meaning: that of a method is an attribute of
    `Controller` or hides what another decorator or annotation means, something is called `self`, a name begins with
    `__`, or the name of the controller is taken. Also where another handler serves one of the paths: a controller
    brings an OPTIONS route of its own, and Litestar does not start with two of them.

    ## Source

    `litestar/controller.py` and `litestar/routes/http.py` (`create_options_handler`), Litestar 2.25.
    """

    code = "LSF406"
    name = "ungrouped-resource"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.UNSAFE
    guide = "4: group by resource"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Controller, Litestar, get, post

            class MoonController(Controller):
                path = "/moons"

                @get()
                async def list_moons(self) -> str:
                    return "Io, Europa"

                @get("/{number:int}")
                async def read_moon(self, number: int) -> str:
                    return "Io"

                @post()
                async def add_moon(self) -> None: ...

            app = Litestar([MoonController])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, get, post

            @get("/moons")
            async def list_moons() -> str:
                return "Io, Europa"

            @get("/moons/{number:int}")
            async def read_moon(number: int) -> str:
                return "Io"

            @post("/moons")
            async def add_moon() -> None: ...

            app = Litestar([list_moons, read_moon, add_moon])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the first handler of each group."""
        taken: set[tuple[str, str]] = set()
        # what stands above others has the shortest name: /beers, and not /breweries/{brewery:int}/beers
        for group in sorted(groups(project), key=lambda group: len(group.prefix)):
            found = listing(project, group)
            name = controller_name(project, group, found, taken) if found is not None else ""
            reason = obstacle(project, group, found) or ("" if name else _no_name(group))
            if found is not None and not reason:
                taken |= {(group.path, name), (found.path, name)}
                yield cls._of(group, "", Grouping(group, found, name))
            else:
                yield cls._of(group, reason, None)

    @classmethod
    def _of(cls, group: Group, reason: str, data: Grouping | None) -> practice.Finding:
        first, *others = group.handlers
        prefix = "/" + "/".join(group.prefix)
        names = [handler.function.name for handler in others]
        shown = ", ".join([*names[:_SHOWN], "..."] if len(names) > _SHOWN else names)
        return cls.finding(
            group.path,
            first.function.span,
            f"{first.function.name} and {len(others)} other handlers below {prefix} ({shown}) are registered one "
            f"by one; make them the methods of a controller with the path {prefix}",
            refusal=reason,
            related=[practice.Related(group.path, handler.function.span, "belongs to it") for handler in others],
            data=data,
        )


def _no_name(group: Group) -> str:
    name = next(group.names(), "")
    return f"{name} has another meaning" if name else f"/{group.prefix[-1]} gives no name to a controller"
