"""LSF104: options that Litestar does not read where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.facts import Call, Const, Expr, Span
from litestar_fix.model.graph import show
from litestar_fix.model.ineffective import Misplaced, Misspelling, is_plain, misplaced, misspellings
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role

_LONG = 60
_ONE_EACH = frozenset({"name", "operation_id"})
_FEW = 3


class Rename(msgspec.Struct, frozen=True):
    """A keyword of a decorator gets the name of the option that is meant."""

    path: str
    call: Span
    name: str
    option: str


class Move(msgspec.Struct, frozen=True):
    """An attribute of a class goes to handlers.

    Args:
        path, span: the class.
        option: the attribute.
        own: name and decorator (its place) of the handlers in the body of the class.
        others: file and decorator's call of the handlers of other classes.
        text: the value as these get it.
    """

    path: str
    span: Span
    option: str
    own: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, Span], ...]
    text: str


class IneffectiveOption(practice.PracticeRule):
    """A keyword of a route decorator is misspelt, or a controller sets what only handlers have: neither has an effect.

    ## Why

    Litestar puts every keyword that it does not know into `opt`, for guards and plugins to read. `gaurds=[...]` is
    such a keyword: no error, no warning, and the route is open to everybody. Attributes of a controller that only
    handlers have, such as `status_code` or `cache`, are not even put there.

    ## When it is quiet

    Keywords that something in the project reads from `opt`, or holds as a constant, those of known plugins, and those
    that are no option within two slips (one for names of up to four letters); options of another kind of handler.
    Attributes that a method, a decorator or anything else of the project reads; attributes that a base class declares;
    controllers with bases that are not known; tests.

    ## Fix safety

    Unsafe, since the option takes effect: requests that were served are denied, or answered otherwise. The keyword gets
    the name that is meant; refused where two options are equally near, or the right one is set, too. The attribute
    moves to each handler that does not set it, to those of subclasses and base classes as well; refused where a handler
    is served by other classes, too, where each handler needs a value of its own, where answers to other methods than
    GET would be cached, and where the value is not at hand in another class.

    ## Source

    `litestar/handlers/base.py` (`BaseRouteHandler.__init__`: `self.opt.update(**kwargs)`) and `litestar/controller.py`
    (`Controller.as_router`), Litestar 2.25.
    """

    code = "LSF104"
    name = "ineffective-option"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/safes", guards=[])
            async def list_safes() -> str:
                return "one"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/safes", gaurds=[])
            async def list_safes() -> str:
                return "one"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the misspelt keywords of decorators, then the misplaced attributes of classes."""
        for wrong in misspellings(project):
            if project.role(wrong.handler.path) is not Role.TEST:
                yield cls._misspelt(wrong)
        for found in misplaced(project):
            if project.role(found.controller.path) is not Role.TEST:
                yield cls._misplaced(project, found)

    @classmethod
    def _misspelt(cls, wrong: Misspelling) -> practice.Finding:
        handler, keyword, decorator = wrong.handler, wrong.keyword, wrong.handler.decorator
        if decorator is None:
            raise AssertionError(handler.function.name)
        meant = " or ".join(wrong.meant)
        refusal = f"it may mean {meant}" if len(wrong.meant) > 1 else ""
        if not refusal and handler.keyword(meant) is not None:
            refusal = f"{meant} is set, too"
        return cls.finding(
            handler.path,
            keyword.span,
            f"{handler.function.name} sets {_set(str(keyword.name), keyword.value)}, which is no option and lands in "
            f"opt without effect; write {meant}",
            refusal=refusal,
            data=Rename(handler.path, decorator.span, str(keyword.name), wrong.meant[0]),
        )

    @classmethod
    def _misplaced(cls, project: Project, found: Misplaced) -> practice.Finding:
        controller, attribute = found.controller, found.attribute
        value = attribute.value
        if value is None:
            raise AssertionError(attribute.name)
        names = list(dict.fromkeys(handler.function.name for handler in found.handlers))
        cure = f"move it to {_listed(names)}" if names else "drop it"
        return cls.finding(
            controller.path,
            attribute.span,
            f"{controller.class_.name} sets {_set(attribute.name, value)}, which Litestar reads from handlers only; "
            f"{cure}",
            refusal=_obstacle(project, found, value),
            data=_move(found, value),
        )


# --------------------------------------------------------------------------------------------------------------- moving
def _move(found: Misplaced, value: Expr) -> Move:
    own_handlers = found.controller.own_handlers
    own = [item for item in found.handlers if item in own_handlers]
    return Move(
        found.controller.path,
        found.controller.class_.span,
        found.attribute.name,
        tuple((item.function.name, item.function.decorators.index(item.decorator)) for item in own),
        tuple(
            (item.path, item.decorator.span)
            for item in found.handlers
            if item not in own_handlers and item.decorator is not None
        ),
        _text(value),
    )


def _text(value: Expr) -> str:
    if isinstance(value, Const) and isinstance(value.value, str) and '"' not in value.value:
        return f'"{show(value)[1:-1]}"'
    return show(value)


def _obstacle(project: Project, found: Misplaced, value: Expr) -> str:
    option = found.attribute.name
    for controller in found.affected[1:]:
        if controller.class_.attribute(option) is not None:
            return f"{controller.class_.name} sets its own"
    for handler in found.handlers:
        for other in project.layers.controllers.values():
            if handler in other.handlers and other not in found.affected:
                return f"{other.class_.name} serves {handler.function.name}, too"
        decorator = handler.decorator
        if not isinstance(decorator, Call) or decorator.has_unpacking or handler.applied is not None:
            return f"the options of {handler.function.name} are not spelled out"
    if option in _ONE_EACH and len(found.handlers) > 1:
        return f"each handler needs a {option} of its own"
    if option in ("cache", "cache_key_builder"):
        for handler in found.handlers:
            if handler.methods != ("GET",):
                return f"{handler.function.name} answers {_methods(handler)}, which is not to be cached"
    own = found.controller.own_handlers
    foreign = next((handler for handler in found.handlers if handler not in own), None)
    if foreign is not None and not is_plain(value):
        return f"the value is not at hand at {foreign.function.qualname}"
    return ""


def _methods(handler: Handler) -> str:
    return " and ".join(handler.methods) if handler.methods else "methods that are not known"


# ------------------------------------------------------------------------------------------------------------- messages
def _set(name: str, value: Expr) -> str:
    text = f"{name}={show(value)}"
    return text if len(text) <= _LONG else f"{name}=..."


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= _FEW else [*names[: _FEW - 1], f"{len(names) - _FEW + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
