"""What a name stands for.

That is one of three things: something that a module of the project defines (`Local`), something of a library
(`External`), or a module of the project (`ModuleRef`). What cannot be known is None, never a guess.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from litestar_fix.model.facts import Expr


class Local(msgspec.Struct, frozen=True, gc=False):
    """Something that the project defines: a function, class, method, class attribute or module-level name."""

    path: str
    qualname: str


class External(msgspec.Struct, frozen=True, gc=False):
    """Something of a library, under its canonical dotted name."""

    name: str


class ModuleRef(msgspec.Struct, frozen=True, gc=False):
    """A module of the project; ``path`` is its file."""

    path: str


Symbol: TypeAlias = Local | External | ModuleRef


class Located(msgspec.Struct, frozen=True, gc=False):
    """An expression and where its names are looked up: a file and a scope (qualname of a function or class, or '')."""

    path: str
    scope: str
    expr: Expr
