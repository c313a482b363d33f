"""The strategies: projects of one or two modules, composed, and then laid out in another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.properties.constructs import Composer
from tests.properties.files import Bytes
from tests.properties.layout import COMMENTS, KINDS, Touch, touched
from tests.properties.modules import Names, Part, module

touches = st.lists(
    st.builds(Touch, st.sampled_from(KINDS), st.integers(0, 5000), st.sampled_from(COMMENTS)), max_size=20
)
layouts = st.builds(
    Bytes,
    tabs=st.booleans(),
    endings=st.sampled_from([("\n",), ("\r\n",), ("\n", "\r\n"), ("\n", "\n", "\r\n")]),
    mark=st.booleans(),
    ends=st.sampled_from([True, True, False]),
)


@dataclass(frozen=True)
class Sample:
    """A project, plainly written and as it is laid out."""

    plain: dict[str, bytes]
    laid_out: dict[str, bytes]

    def __repr__(self) -> str:
        return "\n".join(f"# {path}\n{content.decode()}" for path, content in self.laid_out.items())


@st.composite
def sources(draw: st.DrawFn) -> dict[str, str]:
    """The files of a project: ``app.py``, perhaps ``parts.py``, from which it takes handlers, and what they need."""
    future = draw(st.sampled_from(["", "from __future__ import annotations\n\n"]))
    docstring = draw(st.sampled_from(["", '"""A module."""\n\n']))
    composer = Composer(draw, Names(draw))
    parts = [composer.part() for _ in range(draw(st.sampled_from([1, 1, 2, 2, 3])))]
    beside = _beside(parts)
    factory = draw(st.sampled_from([False, False, True]))
    if factory or draw(st.sampled_from([True, True, False])):
        return beside | {"app.py": module(composer.names, parts, future, docstring, factory=factory, app=True)}
    other = module(composer.names, parts, future, docstring, factory=False, app=False)
    main = Composer(draw, Names(draw))
    own = [main.part() for _ in range(draw(st.integers(0, 1)))]
    beside |= _beside(own)
    taken = [name for part in parts for name in (*part.handlers, *(name for name, _ in part.dependencies))]
    foreign = []
    if taken and not any(name in part.code for name in taken for part in own):
        main.names.lines[f"from parts import {', '.join(taken)}"] = None
        foreign = [replace(part, code="") for part in parts]
    return beside | {"parts.py": other, "app.py": module(main.names, [*own, *foreign], "", "", factory=False, app=True)}


def _beside(parts: Iterable[Part]) -> dict[str, str]:
    return {path: source for part in parts for path, source in part.beside.items()}


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A project, and another layout of it."""
    plain = draw(sources())
    laid_out = {
        path: draw(layouts).of(touched(source, draw(touches))) if path.endswith(".py") else source.encode()
        for path, source in plain.items()
    }
    return Sample({path: source.encode() for path, source in plain.items()}, laid_out)
