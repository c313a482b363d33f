"""What a plan or a batch says: one row for each repository, and totals. Text, JSON, CSV, Markdown, one HTML page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
#: Reasons of a rule that a person reads.
_MANY = 8
_LABELS = {"safe": "safe fix", "unsafe": "unsafe fix", "refused": "refused", "manual": "by hand"}
_SHOWN = ("files", *Severity, *_LABELS)


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

    @property
    def is_known(self) -> bool:
        """Whether anything of it was looked at."""
        return self.outcome is not None and bool(self.outcome.projects)

    @property
    def rules(self) -> dict[str, int]:
        """How many findings there are of each rule, the worst first."""
        return _by_rule(self.tallies)


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


def _by_rule(tallies: Iterable[Tally]) -> dict[str, int]:
    count: Counter[str] = Counter()
    for tally in tallies:
        count[tally.code] += tally.found
    return dict(count)


def fixable(numbers: Mapping[str, int]) -> int | None:
    """Return how many of a hundred findings have a fix, all of them only if it is 100; None where nothing was found."""
    found = sum(numbers[name] for name in _LABELS)
    return 100 * (numbers["safe"] + numbers["unsafe"]) // found if found else None


def _percent(numbers: Mapping[str, int]) -> str:
    share = fixable(numbers)
    return "" if share is None else f"{share}%"


def _cells(entry: Entry) -> list[str]:
    """The numbers of a repository and the share that can be fixed; nothing where nobody could look at it."""
    numbers = entry.numbers
    return [*(str(numbers[name]) if entry.is_known else "" for name in _SHOWN), _percent(numbers)]


def _headline(entries: Sequence[Entry]) -> Iterator[str]:
    """What came of all of it, in two lines."""
    sums = totals(entries)
    states = ", ".join(f"{count} {state}" for state, count in _states(entries).items())
    noun = "repository" if len(entries) == 1 else "repositories"
    yield f"{len(entries)} {noun}: {states or 'none'}; {sums['files']:,} files, {sums['lines']:,} lines"
    found, share = sum(sums[name] for name in _LABELS), fixable(sums)
    if share is None:
        yield "nothing was found"
    else:
        yield (
            f"{found} finding{'' if found == 1 else 's'}, {share}% fixable: {sums['safe']} with a safe fix, "
            f"{sums['unsafe']} with an unsafe fix, {sums['refused']} whose fix is refused, {sums['manual']} by hand"
        )


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
        "totals": {
            "repositories": len(entries),
            "states": _states(entries),
            **(sums := totals(entries)),
            "fixable_percent": fixable(sums),
        },
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
        "fixable_percent": fixable(entry.numbers),
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
    codes = sorted({code for entry in entries for code in entry.rules})
    head = ("repository", "name", "state", "reason", "litestar", *_NUMBERS, "fixable_percent", "branches", "requests")
    writer.writerow((*head, *codes))
    for entry in entries:
        texts = (without_credentials(entry.source), entry.name, entry.state, entry.reason, _version(entry))
        made = (" ".join(entry.branches), " ".join(entry.requests))
        numbers, rules = entry.numbers, entry.rules
        row = [*map(_cell, texts), *(numbers[name] for name in _NUMBERS), fixable(numbers), *map(_cell, made)]
        writer.writerow([*row, *(rules.get(code, 0) for code in codes)])
    return file.getvalue().encode("utf-8", "backslashreplace")


def _cell(text: str) -> str:
    """A text that no program for tables takes for a formula."""
    shown = safe(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def _version(entry: Entry) -> str:
    return entry.outcome.version if entry.outcome is not None else ""


def _shown_version(entry: Entry) -> str:
    return _version(entry) or ("unknown" if entry.is_known else "")


def _text(entries: Sequence[Entry]) -> Iterator[str]:
    yield from _headline(entries)
    yield ""
    head = ("repository", "state", "Litestar", "files", *Severity, *_LABELS.values(), "fixable")
    rows = [(safe(entry.name), entry.state, safe(_shown_version(entry)), *_cells(entry)) for entry in entries]
    sums = totals(entries)
    rows.append((f"{len(entries)} in all", "", "", *(str(sums[name]) for name in _SHOWN), _percent(sums)))
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
    yield ""
    for entry in entries:
        yield from (f"{safe(entry.name)}: {safe(text)}" for text in (*_remarks(entry), *_rule_counts(entry)))
    rules = together(tally for entry in entries for tally in entry.tallies)
    if rules:
        yield ""
    for tally in rules:
        ways = ", ".join(f"{getattr(tally, name)} {label}" for name, label in _LABELS.items() if getattr(tally, name))
        yield f"{tally.code} {tally.name} ({tally.severity.value}): {tally.found} ({ways})"
        yield from (f"    refused {count}: {reason}" for reason, count in _reasons(tally))


def _rule_counts(entry: Entry) -> Iterator[str]:
    if entry.rules:
        yield ", ".join(f"{count} {code}" for code, count in entry.rules.items())


def _reasons(tally: Tally) -> list[tuple[str, int]]:
    """Why fixes of a rule are not made, the most frequent reason first; JSON has those that are too many to read."""
    reasons = [(safe(reason), count) for reason, count in Counter(tally.reasons).most_common()]
    if len(reasons) <= _MANY:
        return reasons
    rest = reasons[_MANY - 1 :]
    return [*reasons[: _MANY - 1], (f"{len(rest)} other reasons", sum(count for _, count in rest))]


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
    yield f"# {title}"
    yield ""
    yield from (f"{line}  " for line in _headline(entries))
    yield ""
    labels = [label.capitalize() for label in _LABELS.values()]
    names = ("Files", *(severity.capitalize() for severity in Severity), *labels, "Fixable")
    yield f"| Repository | State | Litestar | {' | '.join(names)} | Rules | Remarks |"
    yield "| --- | --- | --- |" + " ---: |" * len(names) + " --- | --- |"
    for entry in entries:
        remarks = "; ".join(map(_quoted, _remarks(entry)))
        first = f"{_quoted(entry.name)} | {entry.state} | {_quoted(_shown_version(entry))}"
        yield f"| {first} | {' | '.join(_cells(entry))} | {''.join(_rule_counts(entry))} | {remarks} |"
    yield f"| **all** | | | {' | '.join(str(sums[name]) for name in _SHOWN)} | {_percent(sums)} | | |"
    yield ""
    yield f"| Rule | Severity | Findings | {' | '.join(labels)} | Refused because |"
    yield "| --- | --- |" + " ---: |" * 5 + " --- |"
    for tally in together(tally for entry in entries for tally in entry.tallies):
        ways = " | ".join(str(getattr(tally, name)) for name in _LABELS)
        why = "; ".join(f"{count}: {_quoted(reason)}" for reason, count in _reasons(tally))
        yield f"| {tally.code} {tally.name} | {tally.severity.value} | {tally.found} | {ways} | {why} |"


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
        headline=next(_headline(entries)),
        counts={severity.value: sums[severity.value] for severity in Severity},
        ways={name: sums[name] for name in _LABELS},
        labels=_LABELS,
        sums=sums,
        percent=_percent,
        rows=[
            {
                "name": safe(entry.name),
                "source": safe(without_credentials(entry.source)),
                "state": entry.state,
                "is_bad": entry.state in (Status.FAILED, Status.INCOMPLETE),
                "version": safe(_shown_version(entry)),
                "is_known": entry.is_known,
                "numbers": entry.numbers,
                "rules": entry.rules,
                "remarks": [safe(text) for text in _remarks(entry)],
            }
            for entry in entries
        ],
        rules=together(tally for entry in entries for tally in entry.tallies),
        reasons=_reasons,
    )
    return page.encode("utf-8", "backslashreplace")
