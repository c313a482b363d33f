"""LSF407: a path parameter says its type, and its reader takes a value of that type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.expectations import waits_for_error
from litestar_fix.model.graph import show
from litestar_fix.model.handlers import Layer
from litestar_fix.model.path_constants import Literal, is_read_elsewhere, literal_of, sharing
from litestar_fix.model.path_readers import Reader, readers
from litestar_fix.model.paths import (
    BECOMES,
    CONVERTERS,
    DeclaredPath,
    Parameter,
    Segment,
    declared_paths,
)
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.scalars import scalars

_CONVERTER_OF = {type_: converter for converter, type_ in CONVERTERS.items()}
_SCALARS = frozenset({*CONVERTERS.values(), "builtins.bool", "builtins.bytes", "None"})


class Fix(msgspec.Struct, frozen=True):
    """The fix: one segment of a path becomes another in the literal that the path is written in."""

    literal: Literal
    old: str
    new: str


class UntypedPathParameter(practice.PracticeRule):
    """A path parameter has no converter, an unknown one, or one whose values its handler never accepts.

    ## Why

    Litestar wants the type of every path parameter in the path: an application with `/{id}` or `/{id:UUID}` does not
    start. The converter makes a value, and the annotation of the handler has to accept it. What `{id:int}` makes is
    never a `str` or a `UUID`, and what `{id:uuid}` makes is never a `str`: every request is answered with 400.

    ## When it is quiet

    Texts, because `{id:str}` may become any scalar, and `{file:path}`; pairs of types that fit sometimes, such as `int`
    and `bool`; annotations that hold a class of the project or a generic type; parameters that are dependencies, or
    come from a header, a cookie or the query; handlers under `type_decoders`, which may accept anything; paths that are
    only known at run time, and routers of other libraries; tests that wait for the error. A parameter that is only a
    part of its segment is another rule's business (LSF409).

    ## Fix safety

    Safe: the application could not start. A missing converter is taken from the annotations of those who receive the
    parameter: the handler, all handlers below a controller or router, and the providers that they depend on. Nothing is
    changed where no annotation says a type that Litestar has a converter for. A path may be a
    constant of another file. The fix is refused where the annotations disagree, where the path is put together of
    several texts, and where its constant is read for something else, such as `PATH.format(id=1)`.

    ## Source

    `litestar/routes/base.py` (`param_type_map`, `BaseRoute._validate_path_parameter`) and
    `litestar/_signature/model.py` (`SignatureModel.parse_values_from_connection_kwargs`), Litestar 2.25.
    """

    code = "LSF407"
    name = "untyped-path-parameter"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    cost = 4
    guide = "4: path parameters"
    changes = ("path",)
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/moons/{number:int}")
            async def read_moon(number: int) -> int:
                return number
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/moons/{number}")
            async def read_moon(number: int) -> int:
                return number
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the parameters that no application starts with, then those whose values nobody accepts."""
        typed: dict[Layer, list[_Typed]] = {}
        for layer, paths in declared_paths(project).items():
            typed[layer] = [] if "path" in layer.unsure else [item for path in paths for item in _typed(path)]
            for path in paths:
                yield from cls._malformed(project, path)
        for route in project.layers.routes:
            found = [item for layer in route.layers for item in typed.get(layer, ())]
            if found and not _has_decoders(route):
                yield from cls._unacceptable(route, found)

    @classmethod
    def _malformed(cls, project: Project, path: DeclaredPath) -> Iterator[practice.Finding]:
        segments = [segment for segment in path.segments if _is_malformed(segment)] if "{" in path.text else []
        if segments and not waits_for_error(project, path.where.path, path.where.scope):
            for segment in segments:
                yield cls._unstartable(project, path, segment)

    @classmethod
    def _unstartable(cls, project: Project, path: DeclaredPath, segment: Segment) -> practice.Finding:
        name, colon, _ = (part.strip() for part in (segment.inner or "").partition(":"))
        wanted = _wanted(project, path, name)
        converters = {converter for _, converter in wanted}
        converter = next(iter(converters)) if len(converters) == 1 else None
        is_fixable = not colon and bool(wanted) and None not in converters
        literal = literal_of(project, path)
        lack = "a converter that Litestar does not know" if colon else "no converter"
        is_shared = literal is not None and literal.constant is not None
        return cls.finding(
            *path.place,
            f"{segment.text} in the path of {path.owner} has {lack if name else 'no name'}, and the application does "
            f"not start with it; {_advice(name, converter)}",
            applicability=cls.applicability if is_fixable else practice.Applicability.NONE,
            refusal=_refusal(project, literal, wanted) if is_fixable else "",
            data=Fix(literal, segment.text, f"{{{name}:{converter}}}") if literal is not None else None,
            bundle=f"{literal} {segment.text}" if is_shared else "",
        )

    @classmethod
    def _unacceptable(cls, route: Route, typed: list[_Typed]) -> Iterator[practice.Finding]:
        handler = route.handler
        if waits_for_error(route.project, handler.path, handler.function.parent):
            return
        for item in typed:
            is_own = item.path.layer is handler.layer
            place = item.path.place if is_own else (handler.path, handler.function.span)
            for reader in readers(route, item.parameter.name):
                types = scalars(route.project, reader.annotation)
                if types is not None and _never_fits(item.parameter.converter, types):
                    message = _contradiction(item, reader, types, is_own=is_own)
                    yield cls.finding(*place, message, applicability=practice.Applicability.NONE)


# ------------------------------------------------------------------------------------------------- missing and unknown
def _is_malformed(segment: Segment) -> bool:
    """Whether it is one parameter, and one with which Litestar does not start."""
    inner = segment.inner
    return inner is not None and segment.parameter is None and "{" not in inner and "}" not in inner


def _wanted(project: Project, path: DeclaredPath, name: str) -> set[tuple[str, str | None]]:
    """Who takes the parameter of a path, and the converter that the annotation wants; None for no such one."""
    # controllers may share the path of their base class, and handlers a constant
    layers = {other.layer for other in sharing(project, path)} if name else set()
    found: set[tuple[str, str | None]] = set()
    for route in project.layers.routes if layers else ():
        for reader in readers(route, name) if not layers.isdisjoint(route.layers) else ():
            types = [type_ for type_ in scalars(project, reader.annotation) or () if type_ != "None"]
            found.add((reader.name, _CONVERTER_OF.get(types[0]) if len(types) == 1 else None))
    return found


def _refusal(project: Project, literal: Literal | None, wanted: set[tuple[str, str | None]]) -> str:
    if len({converter for _, converter in wanted}) > 1:
        return "; ".join(sorted(f"{reader} wants {converter}" for reader, converter in wanted))
    if literal is None:
        return "the path is not written in one text"
    if literal.constant is not None and is_read_elsewhere(project, literal.constant):
        return f"{literal.constant.qualname} is not read as a path alone"
    return ""


def _advice(name: str, converter: str | None) -> str:
    if not name:
        return "give it one, as in {id:int}"
    return f"write {{{name}:{converter}}}" if converter else f"name its type, as in {{{name}:str}}"


# ------------------------------------------------------------------------------------------------------ contradictions
class _Typed(msgspec.Struct, frozen=True):
    """A parameter of a path with a converter of which not everything can be made."""

    path: DeclaredPath
    text: str
    parameter: Parameter


def _typed(path: DeclaredPath) -> Iterator[_Typed]:
    for segment in path.segments if "{" in path.text else ():
        parameter = segment.parameter
        if parameter is not None and parameter.converter in BECOMES:
            yield _Typed(path, segment.text, parameter)


def _has_decoders(route: Route) -> bool:
    return any(layer.values("type_decoders") or "type_decoders" in layer.unsure for layer in route.layers)


def _never_fits(converter: str, types: tuple[str, ...]) -> bool:
    fitting = {CONVERTERS[converter], *BECOMES[converter]}
    return _SCALARS.issuperset(types) and fitting.isdisjoint(types)


def _contradiction(item: _Typed, reader: Reader, types: tuple[str, ...], *, is_own: bool) -> str:
    name, made = item.parameter.name, CONVERTERS[item.parameter.converter].rpartition(".")[2]
    home = "" if is_own else f" in the path of {item.path.owner}"
    who = f"{reader.name}, which {reader.via} depends on," if reader.via else reader.name
    other = next((_CONVERTER_OF[type_] for type_ in types if type_ in _CONVERTER_OF), "str")
    return (
        f"{item.text}{home} makes {'an' if made == 'int' else 'a'} {made}, but {who} takes {name} as "
        f"{show(reader.type.expr)}, so no request succeeds; annotate it as {made} or write {{{name}:{other}}}"
    )
