"""Which names a class body reads where: what is evaluated while the class is made, and after which definition.

Bodies of functions and lambdas run later, and like comprehensions they do not see the names of the class; annotations
are not evaluated where they are quoted, or where the module begins with ``from __future__ import annotations``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.class_bodies import methods
from litestar_fix.model.facts import Call, Class, Expr, Function, Lambda, Op, Ref, Span, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.walk import children


class Use(msgspec.Struct, frozen=True):
    """A name that is read in a class body.

    Args:
        name: the dotted name.
        part: what it stands in: 'decorator', 'annotation', 'default value' or 'attribute'.
        owner: the method or attribute that it belongs to.
        definition: where that is defined.
        span: of the name.
        applied: whether it is called or subscripted.
    """

    name: str
    part: str
    owner: str
    definition: Span
    span: Span
    applied: bool


def uses(project: Project, path: str, class_: Class) -> Iterator[Use]:
    """Yield the names that the body of a class reads while it runs."""
    evaluates = not any(
        item.module == "__future__" and item.name == "annotations" for item in project.modules[path].imports
    )
    for attribute in class_.attributes:
        where = (attribute.name, attribute.span)
        yield from _in("attribute", *where, attribute.value)
        yield from _in("annotation", *where, attribute.annotation if evaluates else None)
    for function in methods(project, path, class_):
        yield from _of_function(function, evaluates=evaluates)


def _of_function(function: Function, *, evaluates: bool) -> Iterator[Use]:
    where = (function.name, function.span)
    for decorator in function.decorators:
        yield from _in("decorator", *where, decorator)
    for param in function.params:
        yield from _in("default value", *where, param.default)
        yield from _in("annotation", *where, param.annotation if evaluates else None)
    yield from _in("annotation", *where, function.returns if evaluates else None)


def _in(part: str, owner: str, definition: Span, expr: Expr | None) -> Iterator[Use]:
    if expr is None:
        return
    for ref, applied in _names(expr, applied=part == "decorator"):
        # what is quoted has the span of its quotes
        is_text = part == "annotation" and ref.span.end_column - ref.span.column != len(ref.name)
        if not is_text:
            yield Use(ref.name, part, owner, definition, ref.span, applied)


def _names(expr: Expr, *, applied: bool) -> Iterator[tuple[Ref, bool]]:
    match expr:
        case Ref():
            yield expr, applied
        case Lambda():
            return
        case Op(op=op) if "for" in op:
            return
        case _:
            used = expr.func if isinstance(expr, Call) else expr.value if isinstance(expr, Sub) else None
            for child in children(expr):
                yield from _names(child, applied=child is used)
