"""JUnit's XML: a suite for each file, a test case for each finding; a run without findings is one case that passes."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from litestar_fix.report.machine import Item, Told, encodable, message
from litestar_fix.result import Report

# what XML 1.0 cannot say, not even as a reference
_IMPOSSIBLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> bytes:
    """Return the document."""
    told = Told(report)
    by_file: dict[str, list[Item]] = {}
    for item in told.items:
        by_file.setdefault(item.path, []).append(item)
    failures, errors = sum(map(len, by_file.values())), len(report.problems)
    top = ET.Element("testsuites", name="litestar-fix", tests=f"{failures + errors or 1}")
    top.attrib |= {"failures": f"{failures}", "errors": f"{errors}"}
    for path, items in by_file.items():
        suite = _suite(top, path, len(items), failures=len(items))
        for item in items:
            _case(suite, item)
    if report.problems:
        suite = _suite(top, "litestar-fix", errors, errors=errors)
        for problem in report.problems:
            case = ET.SubElement(suite, "testcase", classname="litestar-fix", name=_text(problem.path or "run"))
            ET.SubElement(case, "error", message=_text(problem.reason))
    if not failures and not errors:
        ET.SubElement(_suite(top, "litestar-fix", 1), "testcase", classname="litestar-fix", name="no findings")
    ET.indent(top)
    document: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(top: ET.Element, name: str, tests: int, failures: int = 0, errors: int = 0) -> ET.Element:
    suite = ET.SubElement(top, "testsuite", name=_text(name), tests=f"{tests}", failures=f"{failures}")
    suite.attrib["errors"] = f"{errors}"
    return suite


def _case(suite: ET.Element, item: Item) -> None:
    finding, span = item.finding, item.finding.span
    case = ET.SubElement(suite, "testcase", classname=_text(item.path))
    # CI servers tell cases apart, and from one run to the next, by their names
    scope = f" {item.identity.scope}" if item.identity.scope else ""
    number = f" #{item.identity.ordinal}" if item.identity.ordinal > 1 else ""
    case.attrib |= {"name": _text(f"{finding.code} {finding.name}{scope}{number}"), "file": _text(item.path)}
    case.attrib["line"] = f"{span.line}"
    said = _text(message(finding))
    failure = ET.SubElement(case, "failure", type=f"{finding.severity}", message=said)
    failure.text = f"{_text(item.path)}:{span.line}:{span.column + 1}: {finding.code} {said}"


def _text(text: str) -> str:
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", encodable(text))
