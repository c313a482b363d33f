"""Writing a new dataclass above a function or class, and making instances of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from litestar_fix.edits.bindings import bind_import
from litestar_fix.edits.sequences import Items, items_of, with_items
from litestar_fix.edits.source import NO_GAP, Gap, is_line_break, parse_expression
from litestar_fix.edits.statements import insert_before
from litestar_fix.edits.values import ImportNeed, NodeEdit, Result, Rewrite, compose
from litestar_fix.errors import EditError
from litestar_fix.model.dto_places import Anchor, Named
from litestar_fix.model.new_dataclasses import FACTORIES, NewDataclass, NewField
from litestar_fix.model.project import Project

_NODES: dict[str, type[cst.CSTNode]] = {"class": cst.ClassDef, "function": cst.FunctionDef}


def write_dataclasses(project: Project, models: Iterable[NewDataclass]) -> Iterator[NodeEdit]:
    """Yield the edits that write dataclasses, with the imports that their types need at run time."""
    by_anchor: dict[Anchor, list[NewDataclass]] = {}
    for model in models:
        by_anchor.setdefault(model.anchor, []).append(model)
    for anchor, several in by_anchor.items():
        binder = _Binder(project, anchor.path)
        rewrites = [insert_before(_source(binder, model)) for model in several]
        yield NodeEdit(anchor.path, anchor.span, _NODES[anchor.node], compose(*rewrites), tuple(binder.needs))


def _source(binder: _Binder, model: NewDataclass) -> str:
    decorator = binder.name(Named("dataclasses", "dataclass"))
    return "\n".join(
        [f"@{decorator}", f"class {model.name}:", *[f"    {_declared(binder, item)}" for item in model.fields]]
    )


class _Binder:
    """Names the objects that a module needs, and notes their imports."""

    def __init__(self, project: Project, path: str) -> None:
        self.project = project
        self.module = project.modules[path]
        self.needs: list[ImportNeed] = []

    def name(self, what: str | Named) -> str:
        """Return the source for a part of a type."""
        if isinstance(what, str):
            return what
        bound, needs = bind_import(self.project, self.module, what.module, what.name)
        self.needs += needs
        return f"{bound}{what.rest}"


def _declared(binder: _Binder, item: NewField) -> str:
    written = f"{item.name}: {''.join(map(binder.name, item.type.parts))}"
    if item.default in FACTORIES:
        return f"{written} = {binder.name(Named('dataclasses', 'field'))}(default_factory={item.default})"
    return written if item.default is None else f"{written} = {item.default}"


def make_instance(name: str) -> Rewrite:
    """Turn a dict display into a call with keyword arguments: ``{"a": 1}`` becomes ``Name(a=1)``."""

    def rewrite(node: cst.Dict, config: cst.PartialParserConfig) -> Result:
        items = items_of(node)
        arguments = tuple(_argument(element) for element in items.nodes)
        gaps = (_edge(items.gaps[0]), *items.gaps[1:-1], _edge(items.gaps[-1])) if arguments else items.gaps
        call = cst.Call(parse_expression(name, config), lpar=node.lpar, rpar=node.rpar)
        is_open = items.trailing_comma and is_line_break(gaps[-1])
        return with_items(call, Items(arguments, gaps, trailing_comma=is_open))

    return rewrite


def _argument(element: cst.BaseDictElement) -> cst.Arg:
    match element:
        case cst.DictElement(key=cst.SimpleString() | cst.ConcatenatedString() as key, value=value, comma=comma):
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            return cst.Arg(value, cst.Name(str(key.evaluated_value)), equal, comma)
    raise EditError("the dict has a key that is no text")


def _edge(gap: Gap) -> Gap:
    """What stands within a bracket: nothing where it is on one line."""
    return gap if is_line_break(gap) else NO_GAP
