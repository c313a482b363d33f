"""Small practices of our own, to test the machinery without depending on what the real ones find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import libcst as cst

from litestar_fix import edits, practice, registry
from litestar_fix.command import PracticeCommand
from litestar_fix.discovery import discover
from litestar_fix.engine import Engine
from litestar_fix.finding import Applicability, Finding, Severity
from litestar_fix.model.cache import Store
from litestar_fix.model.contents import hash_files
from litestar_fix.model.facts import Call, Module, Ref, Span
from litestar_fix.model.gather import gather
from litestar_fix.model.project import Project
from litestar_fix.model.walk import expressions
from litestar_fix.settings import Settings

Edits = Callable[[Project, Finding], tuple[edits.Edit, ...]]
Find = Callable[[type[practice.PracticeRule], Project], Iterator[Finding]]


def calls(project: Project, name: str) -> Iterator[tuple[Module, Call]]:
    """All calls of a name, in file order."""
    for module in project.modules.values():
        bodies = [module.body, *[function.body for function in module.functions]]
        found = [expr for body in bodies for expr in expressions(body) if isinstance(expr, Call)]
        for call in sorted(found, key=lambda item: item.span):
            if call.callee == name:
                yield module, call


def rule_for(
    name: str,
    make: Edits,
    *,
    code: str = "LSF990",
    applicability: Applicability = Applicability.SAFE,
    find: Find | None = None,
) -> type[practice.PracticeRule]:
    """Make a rule that reports every call of ``name``, or what ``find`` does, and the command that fixes it."""

    def find_calls(cls: type[practice.PracticeRule], project: Project) -> Iterator[Finding]:
        for module, call in calls(project, name):
            yield cls.finding(module, call.span, f"{name} is called", data=call)

    def edits_of(_cls: type[PracticeCommand], project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return make(project, finding)

    title = f"No{name.title().replace('_', '')}"
    members: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": f"{name} is not called.",
        "code": code,
        "name": f"no-{name.replace('_', '-')}",
        "severity": Severity.LOW,
        "applicability": applicability,
        "guide": "beyond",
        "VALID": [],
        "INVALID": [],
        "find": classmethod(find or find_calls),
        "command_name": classmethod(lambda _cls: f"{__name__}.{title}Command"),
    }
    rule: type[practice.PracticeRule] = type(title, (practice.PracticeRule,), members)
    command = type(f"{title}Command", (PracticeCommand,), {"rule": rule, "edits": classmethod(edits_of)})
    setattr(sys.modules[__name__], f"{title}Command", command)
    return rule


def renaming(old: str, new: str, **keywords: Any) -> type[practice.PracticeRule]:
    """A practice that calls ``new`` where ``old`` is called."""

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, edits.rename_call(new)),)

    return rule_for(old, make, **keywords)


def wrong_hoist() -> type[practice.PracticeRule]:
    """A practice that is wrong: guards of one handler become those of its class, whether or not all have them."""

    def find(cls: type[practice.PracticeRule], project: Project) -> Iterator[Finding]:
        for module in project.modules.values():
            guarded = {
                function.qualname
                for function in module.functions
                for item in function.decorators
                if isinstance(item, Call) and item.keyword("guards") is not None
            }
            for found in module.classes:
                if found.attribute("guards") is None and guarded.intersection(found.methods):
                    yield cls.finding(module, found.span, f"{found.name} does not say its guards")

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, cst.ClassDef, hoist),)

    def hoist(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        lift = _GuardLift(config)
        lowered = cst.ensure_type(node.visit(lift), cst.ClassDef)
        return edits.add_class_attribute(f"guards = {lift.guards}")(lowered, config)

    rule = rule_for("guards", make, find=find, code="LSF991")
    rule.changes = ("options",)  # as the right rule declares it, so that nothing but the wrong guard shows
    return rule


class _GuardLift(cst.CSTTransformer):
    """Takes ``guards=`` out of all calls."""

    def __init__(self, config: cst.PartialParserConfig) -> None:
        super().__init__()
        self.config = config
        self.guards = ""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        for argument in original_node.args:
            if argument.keyword is not None and argument.keyword.value == "guards":
                self.guards = cst.Module([]).code_for_node(argument.value)
                return cst.ensure_type(edits.drop_keyword("guards")(updated_node, self.config), cst.Call)
        return updated_node


def engine(root: Path, *rules: type[practice.PracticeRule], paths: tuple[Path, ...] = ()) -> Engine:
    """An engine over a folder that asks these rules only."""
    found = discover(paths or [root], Settings(), root)
    sources = hash_files(found.root, found.files)
    made = Engine(found, sources, Settings(), gather(root, sources, Store(root, None), jobs=1), jobs=1)
    made.asker.rules = list(rules)
    return made


@contextmanager
def installed(*rules: type[practice.PracticeRule]) -> Iterator[None]:
    """Make these rules the only ones there are."""
    with (
        mock.patch.object(registry, "selected", return_value=()),
        mock.patch.object(registry, "load", return_value=list(rules)),
    ):
        yield


def write(root: Path, **files: str | bytes) -> None:
    """Write files; ``a__b`` stands for ``a/b.py``."""
    for name, content in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def at(source: str, text: str, index: int = 0) -> Span:
    """The span of a piece of text in a source."""
    start = -1
    for _ in range(index + 1):
        start = source.index(text, start + 1)
    before, until = source[:start], source[: start + len(text)]
    return Span(
        before.count("\n") + 1,
        start - (before.rfind("\n") + 1),
        until.count("\n") + 1,
        start + len(text) - (until.rfind("\n") + 1),
    )


__all__ = ["Ref", "at", "calls", "engine", "installed", "renaming", "rule_for", "write", "wrong_hoist"]
