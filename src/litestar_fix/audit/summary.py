"""An audit: findings by severity and rule, what is done well, where most is wrong, and what to do first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from litestar_fix.audit.practices import PRACTICES
from litestar_fix.audit.sites import Site, Sites
from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.model.graph import graph
from litestar_fix.model.project import Project
from litestar_fix.model.span import Span
from litestar_fix.registry import RuleInfo, rules
from litestar_fix.result import Report, Reported

#: What a project must do at least for a practice to be told as its strength.
_MOSTLY = 0.8
#: Of so few places nothing can be said in general.
_FEW = 3
_FIXABLE = frozenset({State.FIX, State.WOULD_FIX, State.NEEDS_UNSAFE})


class Compliance(msgspec.Struct, frozen=True):
    """How many places follow a practice."""

    code: str
    name: str
    good: int
    total: int
    text: str

    @property
    def ratio(self) -> float:
        """From 0 to 1."""
        return self.good / self.total


class RuleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one rule, and how they can be fixed.

    ``safe``, ``unsafe`` and ``manual`` add up to the number of findings.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    guide: str
    findings: tuple[Reported, ...]
    safe: int
    unsafe: int
    manual: int
    compliance: Compliance | None


class Hotspot(msgspec.Struct, frozen=True):
    """A module, and how many findings of each severity it has."""

    path: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """The number of its findings."""
        return sum(self.counts.values())


class Step(msgspec.Struct, frozen=True):
    """One step of the work: what to do, how many findings it is about, and the command, where one does it."""

    title: str
    count: int
    command: str = ""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found.

    Args:
        report: of the run.
        version: the Litestar version in use, '' where nothing tells.
        rules: those that found something, the worst first.
        positive: what is done well, the most widely followed first.
        hotspots: the modules with findings, the worst first.
        steps: what to do, in order.
        tree: the layers, as `model.graph` tells them, each node with the numbers of its findings as ``findings``.
    """

    report: Report
    version: str
    rules: tuple[RuleSummary, ...]
    positive: tuple[Compliance, ...]
    hotspots: tuple[Hotspot, ...]
    steps: tuple[Step, ...]
    tree: tuple[dict[str, Any], ...]

    def of_severity(self, severity: Severity) -> tuple[RuleSummary, ...]:
        """Return the rules of one severity; a rule may have findings of several."""
        return tuple(rule for rule in self.rules if rule.severity is severity)

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings by severity, none left out."""
        found = Counter(finding.severity for finding in self.report.remaining)
        return {severity.value: found[severity] for severity in Severity}


def audit(report: Report, project: Project, asked: Iterable[str]) -> Audit:
    """Sum up a report.

    Args:
        report: of a run that fixed nothing.
        project: what was asked.
        asked: the codes of the rules that were.
    """
    sites = Sites(project)
    remaining = report.remaining
    chosen = set(asked)
    compliances = {}
    summaries = []
    for info in rules():
        own = tuple(finding for finding in remaining if finding.code == info.code)
        compliance = _compliance(info, own, sites) if info.code in chosen else None
        if compliance is not None:
            compliances[info.code] = compliance
        for severity in Severity:
            same = tuple(finding for finding in own if finding.severity is severity)
            if same:
                summaries.append(_summary(info, severity, same, compliance))
    version = project.litestar_version
    return Audit(
        report=report,
        version=".".join(map(str, version)) if version is not None else "",
        rules=tuple(sorted(summaries, key=lambda item: (item.severity.rank, -len(item.findings), item.code))),
        positive=tuple(_positive(compliances.values())),
        hotspots=tuple(_hotspots(remaining)),
        steps=tuple(_steps(remaining)),
        tree=_tree(project, remaining),
    )


def _compliance(info: RuleInfo, findings: Sequence[Reported], sites: Sites) -> Compliance | None:
    practice = PRACTICES.get(info.code)
    places = sites.of(practice.kind) if practice is not None and sites.speak_of(practice.words) else ()
    if practice is None or not places:
        return None
    hit = {site for finding in findings for site in places if _is_about(finding, site)}
    # what is found beside every one of them (a setting, a call at module level) is some place's fault all the same
    bad = max(len(hit), min(len(findings), 1))
    good = len(places) - min(bad, len(places))
    return Compliance(info.code, info.name, good, len(places), practice.said(good, len(places)))


def _is_about(finding: Reported, site: Site) -> bool:
    path, span = site
    places: list[tuple[str, Span]] = [
        (finding.path, finding.span),
        *((item.path, item.span) for item in finding.related),
    ]
    return any(path == where and span.line <= place.line <= span.end_line for where, place in places)


def _summary(
    info: RuleInfo, severity: Severity, findings: tuple[Reported, ...], compliance: Compliance | None
) -> RuleSummary:
    fixable = [finding for finding in findings if finding.state in _FIXABLE]
    safe = sum(finding.applicability is Applicability.SAFE for finding in fixable)
    return RuleSummary(
        code=info.code,
        name=info.name,
        summary=info.summary,
        severity=severity,
        guide=info.guide,
        findings=findings,
        safe=safe,
        unsafe=len(fixable) - safe,
        manual=len(findings) - len(fixable),
        compliance=compliance,
    )


def _positive(compliances: Iterable[Compliance]) -> Iterator[Compliance]:
    told = [item for item in compliances if item.total >= _FEW and item.ratio >= _MOSTLY]
    yield from sorted(told, key=lambda item: (-item.ratio, -item.total, item.code))


def _hotspots(findings: Iterable[Reported]) -> Iterator[Hotspot]:
    counts: dict[str, Counter[str]] = {}
    for finding in findings:
        counts.setdefault(finding.path, Counter())[finding.severity.value] += 1
    found = [Hotspot(path, {item.value: count[item.value] for item in Severity}) for path, count in counts.items()]
    yield from sorted(found, key=lambda item: ([-number for number in item.counts.values()], item.path))


def _steps(findings: Sequence[Reported]) -> Iterator[Step]:
    """Holes first, then what costs nothing, then what needs a look, then what needs a hand, the worst first."""
    fixable = [finding for finding in findings if finding.state in _FIXABLE]
    safe = [finding for finding in fixable if finding.applicability is Applicability.SAFE]
    unsafe = [finding for finding in fixable if finding.applicability is not Applicability.SAFE]
    manual = [finding for finding in findings if finding.state not in _FIXABLE]
    critical = [finding for finding in manual if finding.severity is Severity.CRITICAL]
    if critical:
        yield Step("Mend what is critical and has no fix", len(critical))
    if safe:
        yield Step("Apply the safe fixes: the contract of the application stays as it is", len(safe), "litestar-fix")
    for code in dict.fromkeys(finding.code for finding in sorted(unsafe, key=lambda item: item.severity.rank)):
        own = [finding for finding in unsafe if finding.code == code]
        command = f"litestar-fix --unsafe-fixes --select {code}"
        yield Step(f"Review and apply the fixes of {code} ({own[0].name}), which change behaviour", len(own), command)
    for severity in list(Severity)[1:]:
        own = [finding for finding in manual if finding.severity is severity]
        if own:
            yield Step(f"Mend by hand what is {severity.value}", len(own))


def _tree(project: Project, findings: Sequence[Reported]) -> tuple[dict[str, Any], ...]:
    told = graph(project)
    by_path: dict[str, list[Reported]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    spans = {(module.path, item.span.line): item.span for module, item in project.functions()}
    spans |= {(module.path, item.span.line): item.span for module, item in project.classes()}
    return tuple(_node(node, by_path, spans) for node in (*told["applications"], *told["unregistered"]))


def _node(
    node: dict[str, Any], by_path: dict[str, list[Reported]], spans: dict[tuple[str, int], Span]
) -> dict[str, Any]:
    children = [_node(child, by_path, spans) for child in node["children"]]
    span = spans.get((node["path"], node["line"]))
    first, last = (span.line, span.end_line) if span is not None else (node["line"], node["line"])
    below = [spans.get((child["path"], child["line"])) for child in node["children"] if child["path"] == node["path"]]
    own = [
        finding
        for finding in by_path.get(node["path"], ())
        if first <= finding.span.line <= last
        and not any(item is not None and item.line <= finding.span.line <= item.end_line for item in below)
    ]
    counts = Counter(finding.severity.value for finding in own)
    return {
        "kind": node["kind"],
        "name": node["name"],
        "path": node["path"],
        "line": node["line"],
        "routes": [f"{method} {path}" for path in node.get("paths") or () for method in node.get("methods") or ("?",)],
        "findings": {severity.value: counts[severity.value] for severity in Severity},
        "children": children,
    }
