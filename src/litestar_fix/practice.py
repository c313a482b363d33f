"""PracticeRule: what a rule is, for our engine and for Fixit.

In rules/ write ``from litestar_fix import practice`` and ``class X(practice.PracticeRule)``: Fixit runs every LintRule
that it finds in a module of rules, and would run a base class imported by name.
"""

from __future__ import annotations

import importlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from litestar_fix.errors import LitestarFixError
from litestar_fix.finding import Applicability, Finding, Related, Severity
from litestar_fix.host import Host
from litestar_fix.model.facts import Module, Span, Suppression
from litestar_fix.model.project import Project
from litestar_fix.model.secret_texts import starred

if TYPE_CHECKING or Host.wants_lint_rules:
    from litestar_fix.lint_rule import FixitRule as RuleOfHost
    from litestar_fix.lint_rule import Invalid, Valid
else:
    from litestar_fix.host import Example as Invalid
    from litestar_fix.host import Example as Valid
    from litestar_fix.host import PlainRule as RuleOfHost

if TYPE_CHECKING:
    from litestar_fix.command import PracticeCommand

__all__ = [
    "Applicability",
    "Finding",
    "Found",
    "Invalid",
    "PracticeRule",
    "Related",
    "Severity",
    "Valid",
    "command_for",
    "findings",
    "found",
    "is_suppressed",
]


class PracticeRule(RuleOfHost):
    """A practice that is checked: a question asked of the project's facts.

    The docstring of a rule is its documentation: a sentence, then sections.
    """

    code: ClassVar[str]
    name: str  #: in kebab-case; Fixit gives its instances the name of the class
    severity: ClassVar[Severity]
    applicability: ClassVar[Applicability]  #: of the usual fix; a single finding may differ
    guide: ClassVar[str]
    cost: ClassVar[int] = 1  #: milliseconds that the answer takes at 100,000 lines, about: work is divided by that
    #: The model's search that it shares with other rules: they are asked in one process, so that it is made once.
    search: ClassVar[str] = ""
    #: The fields of the application contract that a safe fix may change, there where it edits: ``proof.contract`` has
    #: their names. ``dependencies.kind`` is the kind of the provider that is edited, ``options`` the automatic OPTIONS
    #: route below the layer that is edited.
    changes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def find(cls, project: Project) -> Iterator[Finding]:
        """Yield what is wrong anywhere in the project, suppressed or not.

        Everything is decided here and from facts: whether there is a fix, how safe it is, and why it is refused.
        """

    @classmethod
    def finding(
        cls,
        where: Module | str,
        span: Span,
        message: str,
        *,
        severity: Severity | None = None,
        applicability: Applicability | None = None,
        refusal: str = "",
        related: Iterable[Related] = (),
        data: Any = None,
        bundle: str = "",
        step: int | None = None,
        is_secret: bool = False,
    ) -> Finding:
        """Make a finding of this rule.

        Args:
            where: the module, or its path.
            span: the node that names the thing.
            message: what is wrong in this code and what to do, in one line.
            severity: of this finding; by default the usual one.
            applicability: of this finding's fix; by default the usual one.
            refusal: why there is no fix here although the rule has one.
            related: other places.
            data: what the codemod needs to know.
            bundle: the name of a fix that several findings share, '' for one of its own.
            step: where the finding comes among the related places, if they are the steps of one way.
            is_secret: whether no report may show the code at ``span``.
        """
        return Finding(
            code=cls.code,
            name=cls.name,
            severity=cls.severity if severity is None else severity,
            path=where if isinstance(where, str) else where.path,
            span=span,
            message=starred(message),
            applicability=cls.applicability if applicability is None else applicability,
            refusal=starred(refusal),
            related=tuple(Related(item.path, item.span, starred(item.message)) for item in related),
            data=data,
            bundle=bundle,
            step=step,
            is_secret=is_secret,
        )

    @classmethod
    def command_name(cls) -> str:
        """The dotted name of the command that rewrites what this rule finds; that of a plug-in's stands beside it."""
        if not cls.__module__.startswith("litestar_fix.rules."):
            return f"{cls.__module__}.{cls.__name__}Command"
        return f"litestar_codemods.{cls.__module__.rpartition('.')[2]}.{cls.__name__}Command"


# --------------------------------------------------------------------------------------------------------- findings
class Found(NamedTuple):
    """The findings of a rule in a project, sorted."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]


_found: WeakKeyDictionary[Project, dict[type[PracticeRule], Found]] = WeakKeyDictionary()


def findings(rule: type[PracticeRule], project: Project) -> tuple[Finding, ...]:
    """Return what a rule finds in a project and no comment suppresses, sorted."""
    return found(rule, project).findings


def found(rule: type[PracticeRule], project: Project) -> Found:
    """Return what a rule finds in a project, and what of it a comment suppresses; asked once for a project."""
    known = _found.setdefault(project, {})
    if rule not in known:
        everything = {finding.key: finding for finding in rule.find(project)}
        kept: list[Finding] = []
        suppressed: list[Finding] = []
        for key in sorted(everything):
            finding = everything[key]
            sink = suppressed if is_suppressed(rule, project, finding.path, finding.span) else kept
            sink.append(finding)
        known[rule] = Found(tuple(kept), tuple(suppressed))
    return known[rule]


def is_suppressed(rule: type[PracticeRule], project: Project, path: str, span: Span, *, by_name: bool = False) -> bool:
    """Whether a comment suppresses what a rule finds at a place; ``by_name``: one that names no rule does not."""
    return any(
        item.first <= span.line <= item.last and (item.codes or not by_name) and _matches(rule, item)
        for item in project.modules[path].suppressions
    )


def _matches(rule: type[PracticeRule], suppression: Suppression) -> bool:
    if not suppression.codes:
        return True
    if suppression.form == "fixit":
        # Fixit looks at the class's name without the suffix, and at that in lower case
        own = rule.__name__.removesuffix("Rule")
        return any(code.removesuffix("Rule") in (own, own.lower()) for code in suppression.codes)
    return any(code.upper() == rule.code or code == rule.name for code in suppression.codes)


def command_for(rule: type[PracticeRule]) -> type[PracticeCommand]:
    """Load the command that rewrites what a rule finds.

    Raises:
        LitestarFixError: there is none.
    """
    module, _, name = rule.command_name().rpartition(".")
    try:
        command: type[PracticeCommand] = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise LitestarFixError(f"{rule.code}: no command {module}.{name}") from error
    return command
