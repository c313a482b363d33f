"""What a plan or a batch says: one row for each repository, and totals. Text, JSON, CSV, Markdown, one HTML page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from litestar_fix import __version__
from litestar_fix.batch.outcome import Outcome, Status, Tally, by_severity, together
from litestar_fix.batch.repository import without_credentials
from litestar_fix.finding import Severity
from litestar_fix.report.style import safe

FORMATS = ("text", "json", "csv", "markdown", "html")
_FOLDER = Path(__file__).parent
_NUMBERS = ("projects", "files", "lines", *Severity, "safe", "unsafe", "refused", "manual")
_SHOWN = ("files", *Severity, "safe", "unsafe", "refused", "manual")
_LABELS = {"safe": "safe fix", "unsafe": "unsafe fix", "refused": "refused", "manual": "by hand"}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A repository, what was found there, and how far it has come.

    Args:
        name, source: of the repository.
        state: in a word.
        reason: why it is no further, or not whole.
        outcome: what was found; None where nobody has looked yet.
        branches, requests: what was made.
    """

    name: str
    source: str
    state: str
    reason: str = ""
    outcome: Outcome | None = None
    branches: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The findings, by rule."""
        return self.outcome.tallies if self.outcome is not None else ()

    @property
    def numbers(self) -> dict[str, int]:
        """What can be added up."""
        projects = self.outcome.projects if self.outcome is not None else ()
        tallies = self.tallies
        sums = {name: sum(getattr(tally, name) for tally in tallies) for name in _LABELS}
        counts = {"files": sum(item.files for item in projects), "lines": sum(item.lines for item in projects)}
        return {"projects": len(projects), **counts, **by_severity(tallies), **sums}


def planned(outcome: Outcome) -> Entry:
    """Return the entry of a plan."""
    return Entry(
        name=outcome.name, source=outcome.source, state=outcome.status.value, reason=outcome.reason, outcome=outcome
    )


def render(entries: Sequence[Entry], name: str, title: str) -> bytes:
    """Return a report.

    Args:
        entries: of all repositories.
        name: of the format, one of `FORMATS`.
        title: what it is a report on.
    """
    match name:
        case "json":
            return msgspec.json.format(msgspec.json.encode(_document(entries)), indent=2) + b"\n"
        case "csv":
            return _csv(entries)
        case "html":
            return _page(entries, title)
        case "markdown":
            lines = _markdown(entries, title)
        case _:
            lines = _text(entries)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def totals(entries: Iterable[Entry]) -> dict[str, int]:
    """Add up what can be."""
    count: Counter[str] = Counter()
    for entry in entries:
        count.update(entry.numbers)
    return {name: count[name] for name in _NUMBERS}


def _states(entries: Iterable[Entry]) -> dict[str, int]:
    return dict(Counter(entry.state for entry in entries))


def _document(entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "tool": f"litestar-fix {__version__}",
        "repositories": [_plain(entry) for entry in entries],
        "totals": {"repositories": len(entries), "states": _states(entries), **totals(entries)},
        "rules": _rules(entry.tallies for entry in entries),
    }


def _plain(entry: Entry) -> dict[str, Any]:
    outcome = entry.outcome
    found: dict[str, Any] = {
        "name": safe(entry.name),
        "source": safe(without_credentials(entry.source)),
        "state": entry.state,
        "reason": safe(entry.reason),
        **entry.numbers,
        "branches": entry.branches,
        "requests": entry.requests,
    }
    if outcome is None:
        return found
    projects = [
        {
            "path": safe(item.path),
            "litestar": item.version,
            "files": item.files,
            "lines": item.lines,
            "rules": _rules([item.tallies]),
            "problems": [{"path": safe(problem.path), "reason": safe(problem.reason)} for problem in item.problems],
        }
        for item in outcome.projects
    ]
    return found | {"commit": outcome.base, "litestar": outcome.version, "notes": outcome.notes, "projects": projects}


def _rules(tallies: Iterable[Iterable[Tally]]) -> list[dict[str, Any]]:
    return [
        {**msgspec.structs.asdict(tally), "findings": tally.found}
        for tally in together(item for group in tallies for item in group)
    ]


def _csv(entries: Sequence[Entry]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("repository", "name", "state", "reason", "litestar", *_NUMBERS, "branches", "requests"))
    for entry in entries:
        texts = (without_credentials(entry.source), entry.name, entry.state, entry.reason, _version(entry))
        made = (" ".join(entry.branches), " ".join(entry.requests))
        writer.writerow([*map(_cell, texts), *(entry.numbers[name] for name in _NUMBERS), *map(_cell, made)])
    return file.getvalue().encode("utf-8", "backslashreplace")


def _cell(text: str) -> str:
    """A text that no program for tables takes for a formula."""
    shown = safe(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def _version(entry: Entry) -> str:
    return entry.outcome.version if entry.outcome is not None else ""


def _text(entries: Sequence[Entry]) -> Iterator[str]:
    head = ("repository", "state", "Litestar", *_SHOWN)
    rows = [
        (safe(entry.name), entry.state, safe(_version(entry)), *(str(entry.numbers[name]) for name in _SHOWN))
        for entry in entries
    ]
    sums = totals(entries)
    rows.append((f"{len(entries)} in all", "", "", *(str(sums[name]) for name in _SHOWN)))
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
    for entry in entries:
        yield from (f"{safe(entry.name)}: {safe(text)}" for text in _remarks(entry))
    rules = together(tally for entry in entries for tally in entry.tallies)
    if rules:
        yield ""
    for tally in rules:
        ways = ", ".join(f"{getattr(tally, name)} {label}" for name, label in _LABELS.items() if getattr(tally, name))
        yield f"{tally.code} {tally.name} ({tally.severity.value}): {tally.found} ({ways})"
        for reason, count in sorted(tally.reasons.items(), key=lambda item: -item[1]):
            yield f"    refused {count}: {safe(reason)}"


def _remarks(entry: Entry) -> Iterator[str]:
    if entry.reason:
        yield entry.reason
    if entry.outcome is not None:
        yield from entry.outcome.notes
        if len(entry.outcome.projects) > 1:
            yield "projects: " + ", ".join(
                f"{item.path or '.'}{f' (Litestar {item.version})' if item.version else ''}"
                for item in entry.outcome.projects
            )
    if entry.branches:
        yield f"branch{'' if len(entry.branches) == 1 else 'es'}: {', '.join(entry.branches)}"
    yield from entry.requests


def _markdown(entries: Sequence[Entry], title: str) -> Iterator[str]:
    sums = totals(entries)
    states = ", ".join(f"{count} {state}" for state, count in _states(entries).items())
    yield f"# {title}"
    yield ""
    yield f"{len(entries)} repositories: {states or 'none'}."
    yield ""
    yield "| Repository | State | Litestar | " + " | ".join(_SHOWN) + " | Remarks |"
    yield "| --- | --- | --- |" + " ---: |" * len(_SHOWN) + " --- |"
    for entry in entries:
        numbers = " | ".join(str(entry.numbers[name]) for name in _SHOWN)
        remarks = "; ".join(map(_quoted, _remarks(entry)))
        yield f"| {_quoted(entry.name)} | {entry.state} | {_quoted(_version(entry))} | {numbers} | {remarks} |"
    yield "| **all** | | | " + " | ".join(str(sums[name]) for name in _SHOWN) + " | |"
    yield ""
    yield "| Rule | Severity | Findings | Safe fix | Unsafe fix | Refused | By hand |"
    yield "| --- | --- |" + " ---: |" * 5
    for tally in together(tally for entry in entries for tally in entry.tallies):
        ways = " | ".join(str(getattr(tally, name)) for name in _LABELS)
        yield f"| {tally.code} {tally.name} | {tally.severity.value} | {tally.found} | {ways} |"


def _quoted(text: str) -> str:
    """Text of a repository that is no markup: in code, with a fence that is longer than any in it."""
    shown = safe(text).replace("|", "\\|")
    if not shown:
        return ""
    fence = "`"
    while fence in shown:
        fence += "`"
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _page(entries: Sequence[Entry], title: str) -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from litestar_fix import report
    from litestar_fix.report.audit_html import hash_of

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    style = (Path(report.__file__).parent / "audit.css").read_text("utf-8")
    sums = totals(entries)
    page = environment.get_template("report.html.jinja").render(
        # what is ours is no text to be escaped; the hash lets it, and nothing else, take effect
        style=Markup(style),
        style_hash=hash_of(style),
        title=title,
        tool=__version__,
        states=_states(entries),
        counts={severity.value: sums[severity.value] for severity in Severity},
        ways={name: sums[name] for name in _LABELS},
        labels=_LABELS,
        sums=sums,
        rows=[
            {
                "name": safe(entry.name),
                "source": safe(without_credentials(entry.source)),
                "state": entry.state,
                "is_bad": entry.state in (Status.FAILED, Status.INCOMPLETE),
                "version": safe(_version(entry)),
                "numbers": entry.numbers,
                "remarks": [safe(text) for text in _remarks(entry)],
            }
            for entry in entries
        ],
        rules=together(tally for entry in entries for tally in entry.tallies),
        safe=safe,
    )
    return page.encode("utf-8", "backslashreplace")
