"""The arguments of ``Provide(dependency, use_cache, sync_to_thread)``, and the same option of route decorators."""

from __future__ import annotations

import msgspec

from litestar_fix.model.facts import Call, Const, Expr, Span, Star
from litestar_fix.model.graph import show

_SECOND, _THIRD = 1, 2


class ThreadOption(msgspec.Struct, frozen=True):
    """``sync_to_thread`` of one call: ``value`` is None where it is not set, or set to None."""

    value: Expr | None
    span: Span
    positional: bool

    @property
    def literal(self) -> str:
        """'True' or 'False' where it is written out, else ''."""
        is_literal = isinstance(self.value, Const) and isinstance(self.value.value, bool)
        return show(self.value) if is_literal and self.value is not None else ""


def thread_option_of_decorator(call: Call) -> ThreadOption | None:
    """Return the option of a route decorator; None where it may be hidden."""
    for keyword in call.keywords:
        if keyword.name == "sync_to_thread":
            return ThreadOption(_unless_none(keyword.value), keyword.span, positional=False)
    is_hidden = any(keyword.name is None for keyword in call.keywords)
    return None if is_hidden else ThreadOption(None, call.span, positional=False)


def thread_option(call: Call) -> ThreadOption | None:
    """Return the option of a ``Provide`` call; None where it may be hidden."""
    if any(isinstance(argument, Star) for argument in call.args):
        return None
    if len(call.args) > _THIRD:
        value = call.args[_THIRD]
        return ThreadOption(_unless_none(value), value.span, positional=True)
    return thread_option_of_decorator(call)


def is_cached(call: Call) -> bool:
    """Whether a ``Provide`` call says ``use_cache=True``."""
    value = call.args[_SECOND] if len(call.args) > _SECOND else call.keyword("use_cache")
    return isinstance(value, Const) and value.value is True


def _unless_none(value: Expr) -> Expr | None:
    return None if isinstance(value, Const) and value.value is None else value
