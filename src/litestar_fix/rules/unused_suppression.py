"""LSF001 unused-suppression."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import ClassVar

from litestar_fix import practice, registry
from litestar_fix.model.facts import Suppression
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.suppressions import without
from litestar_fix.registry import RuleInfo

_CODE = regex(r"[A-Za-z]+[0-9]{3}")


class UnusedSuppression(practice.PracticeRule):
    """A comment suppresses a rule that finds nothing there, or that does not exist.

    ## Why

    Such a comment says that something is wrong where nothing is, and hides the finding that comes some day.

    ## When it is quiet

    A suppression is judged only if its rule runs: not under `--select` of others, and not where `per-file-ignores`
    takes the rule away. One that names no rule is judged only if all rules run that are on by default, and only in the
    form of this tool: a bare `# noqa` or `# lint-ignore` may be meant for another one. Codes of other tools in
    `# noqa: ...`, names of other rules in `# lint-ignore: ...`, and codes that do not begin with LSF, which may
    be those of a plug-in, are left alone.

    ## Fix safety

    Safe: the comment, or the code in it, goes. What else the comment says stays, behind another `#`.

    ## Source

    Fixit and `libcst.tool` ask one rule at a time and cannot know what a comment suppresses: there, only rules that do
    not exist are reported.
    """

    code = "LSF001"
    name = "unused-suppression"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.SAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/hives")  # noqa: E501
            async def count_hives() -> int:
                return 3
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/hives")  # noqa: LSF000
            async def count_hives() -> int:
                return 3
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the comments that name rules which do not exist; the others are `judged` when all rules have run."""
        for path, module in project.modules.items():
            for item in module.suppressions:
                unknown = [code for code in item.codes if _is_unknown(item, code)]
                if unknown:
                    are = "are no rules" if len(unknown) > 1 else "is no rule"
                    yield cls._finding(path, item, unknown, f"{_listed(unknown)} {are}")

    @classmethod
    def judged(
        cls, project: Project, ran: Mapping[str, Collection[str]], suppressed: Iterable[practice.Finding]
    ) -> Iterator[practice.Finding]:
        """Yield the comments that suppress nothing.

        Args:
            project: what was asked about.
            ran: the codes of the rules that were asked, by file.
            suppressed: what these rules found and comments suppress.
        """
        lines: dict[str, dict[str, list[int]]] = {}
        for finding in suppressed:
            lines.setdefault(finding.path, {}).setdefault(finding.code, []).append(finding.span.line)
        for path, codes in ran.items():
            found = lines.get(path, {})
            for item in project.modules[path].suppressions if path in project.modules else ():
                if _suppresses_nothing(item, codes, found):
                    yield cls._finding(path, item, (), "the comment suppresses nothing")
                unused = [code for code in item.codes if _is_unused(item, code, codes, found)]
                if unused:
                    find = "find" if len(unused) > 1 else "finds"
                    yield cls._finding(path, item, unused, f"{_listed(unused)} {find} nothing here")

    @classmethod
    def _finding(cls, path: str, item: Suppression, codes: Collection[str], why: str) -> practice.Finding:
        rest = "it" if len(codes) == len(item.codes) else f"{'them' if len(codes) > 1 else 'it'} from the comment"
        return cls.finding(path, item.span, f"{why}; remove {rest}", data=without(item, codes))


def _suppresses_nothing(item: Suppression, ran: Collection[str], found: Mapping[str, list[int]]) -> bool:
    if item.codes or item.form != "own" or not {info.code for info in registry.rules() if info.on_by_default} <= {*ran}:
        return False
    return not any(item.first <= line <= item.last for lines in found.values() for line in lines)


def _is_unused(item: Suppression, code: str, ran: Collection[str], found: Mapping[str, list[int]]) -> bool:
    info = _rule(item, code)
    if info is None or info.code not in ran or info.code == UnusedSuppression.code:
        return False
    return not any(item.first <= line <= item.last for line in found.get(info.code, ()))


def _is_unknown(item: Suppression, code: str) -> bool:
    of_us = code.upper().startswith("LSF")
    # a code of another kind may be that of a plug-in, which runs elsewhere
    is_ours = of_us or _CODE.fullmatch(code) is None if item.form == "own" else item.form == "noqa" and of_us
    return is_ours and _rule(item, code) is None


def _rule(item: Suppression, code: str) -> RuleInfo | None:
    """The rule that a suppression names, as `practice` matches them."""
    for info in registry.rules():
        if item.form == "fixit":
            name = info.class_name.removesuffix("Rule")
            if code.removesuffix("Rule") in (name, name.lower()):
                return info
        elif code.upper() == info.code or code == info.name:
            return info
    return None


def _listed(codes: Collection[str]) -> str:
    *most, last = codes
    return f"{', '.join(most)} and {last}" if most else last
