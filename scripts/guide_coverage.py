"""Write ``docs/guide-coverage.md``: which rules answer which question of the best-practice guide.

``python scripts/guide_coverage.py`` writes; a test compares. The rows are written by hand, the rest is counted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from document_rules import file_name
from litestar_fix import registry
from litestar_fix.finding import Applicability

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "guide-coverage.md"
BEFORE = ROOT / "fixtures" / "before"
SNIPPETS = ROOT / "fixtures" / "guide"

#: What the guide asks an auditor to look for, chapter by chapter, and the rules that answer it.
AUDIT_CHECKS = (
    ("1", "options that most handlers of a controller repeat", "LSF101 LSF102 LSF103 LSF104"),
    ("2", "service methods that take a request", "LSF201"),
    ("2", "dependencies that hand out resources and never release them", "LSF202 LSF203 LSF209"),
    ("3", "one DTO for several kinds of operation", "LSF301 LSF302 LSF303 LSF307 LSF308 LSF309"),
    ("3", "handlers that answer with dicts", "LSF304"),
    ("4", "paths that name actions", "LSF401 LSF406 LSF407 LSF408 LSF409"),
    ("4", "controllers with too much logic", "LSF402"),
    ("5", "files, HTTP or computing in coroutines", "LSF501 LSF502 LSF503 LSF506"),
    ("5", "synchronous drivers in connection strings", "LSF504 LSF505"),
    ("6", "error responses of different forms", "LSF601 LSF602 LSF603 LSF604 LSF605 LSF606 LSF607"),
    ("7", "CORS, CSRF and rate limits for the whole application", "LSF701 LSF702 LSF704 LSF706 LSF707 LSF708"),
    ("7", "passwords, keys and secrets in code", "LSF703"),
    ("8", "relationships that are loaded in loops", "LSF801 LSF803 LSF806"),
    (
        "9",
        "blocking work on the event loop, and sync_to_thread left open",
        "LSF204 LSF205 LSF501 LSF502 LSF503 LSF504 LSF505",
    ),
    ("10", "tests that talk to a server", "LSF901"),
    ("11", "pub/sub without the channels plugin", "LSF911 LSF912 LSF913 LSF914"),
)
CHECKLIST = (
    ("high", "services with requests", "LSF201"),
    ("high", "global state", "LSF208"),
    ("high", "JSON parsed by hand", "LSF306"),
    ("high", "authentication by hand", "LSF705"),
    ("high", "synchronous database drivers", "LSF504 LSF505"),
    ("high", "blocking calls in coroutines", "LSF501 LSF502"),
    ("high", "blocking dependencies", "LSF205"),
    ("high", "input that nothing checks", "LSF305"),
    ("high", "secrets in code", "LSF703"),
    ("high", "synchronous HTTP libraries", "LSF502"),
    ("medium", "repeated configuration", "LSF101 LSF102"),
    ("medium", "fat controllers", "LSF402"),
    ("medium", "HTTPException for everything", "LSF603 LSF605"),
    ("medium", "caching by hand", "LSF802"),
    ("medium", "N+1 queries", "LSF801"),
    ("medium", "missing annotations", "LSF404"),
    ("medium", "paths like function names", "LSF401"),
    ("medium", "middleware that Litestar has", "LSF805"),
    ("medium", "pub/sub by hand", "LSF912"),
    ("medium", "dependencies without sync_to_thread", "LSF204"),
    ("low", "missing docstrings", "LSF403"),
    ("low", "mixed naming", "LSF405"),
    ("low", "too many dependencies", "LSF206"),
    ("low", "services in services in services", "LSF207"),
    ("low", "handlers without tests", "LSF902"),
    ("low", "relationships loaded for nothing", "LSF804"),
)


@dataclass(frozen=True)
class Snippet:
    """A code block of the guide, made into a project that says in ``expected.txt`` what is found in it."""

    folder: Path

    def __str__(self) -> str:
        return self.folder.name

    @property
    def block(self) -> int:
        """The number of the code block, from the top of the guide."""
        return int(self.folder.name.partition("_")[0])

    @cached_property
    def _lines(self) -> list[str]:
        return (self.folder / "expected.txt").read_text("utf-8").splitlines()

    @cached_property
    def head(self) -> tuple[str, str, str]:
        """Chapter, kind of the block, and what it shows."""
        found = re.fullmatch(r"# chapter (\d+), ([\w -]+): (.+)", self._lines[0])
        assert found is not None, self
        return found[1], found[2], found[3]

    @property
    def is_good(self) -> bool:
        """Whether nothing may be found in it."""
        return self.head[1] in ("good block", "good block mended")

    @property
    def expected(self) -> list[str]:
        """What is found, as ``path:line code``."""
        return [line for line in self._lines if line and not line.startswith("#")]

    def header(self, name: str) -> str:
        """A line ``# name: value`` of expected.txt, '' where there is none."""
        start = f"# {name}: "
        return next((line.removeprefix(start) for line in self._lines if line.startswith(start)), "")


def snippets() -> list[Snippet]:
    """Return the projects, in the order of the guide."""
    return [Snippet(folder) for folder in sorted(SNIPPETS.iterdir()) if (folder / "expected.txt").is_file()]


def page() -> str:
    """Return the page as it should be."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What answers the guide"
    yield ""
    yield "Each thing that the best-practice guide asks an auditor to look for, the rules that find it, how many golden"
    yield "cases prove each of them, and what their fix is. Rules that no row names are beyond the guide."
    for title, head, rows in (("Audit checks", "chapter", AUDIT_CHECKS), ("Checklist", "priority", CHECKLIST)):
        yield ""
        yield f"## {title}"
        yield ""
        yield f"| {head} | what to look for | rule | golden cases | fix |"
        yield "|---|---|---|---|---|"
        for group, item, codes in rows:
            known = [info for info in registry.rules() if info.code in codes.split()]
            for index, info in enumerate(known):
                cases = f"[{_count(info.stem)}](../fixtures/before/{info.stem})"
                link = f"[{info.code}](rules/{file_name(info)}) {info.name}"
                start = f"| {group} | {item} |" if index == 0 else "| | |"
                yield f"{start} {link} | {cases} | {_fix(info)} |"
    named = {code for *_, codes in (*AUDIT_CHECKS, *CHECKLIST) for code in codes.split()}
    beyond = [f"[{info.code}](rules/{file_name(info)})" for info in registry.rules() if info.code not in named]
    yield ""
    yield f"Beyond: {', '.join(beyond)}."
    yield from _blocks()


def _blocks() -> Iterator[str]:
    yield ""
    yield "## Code blocks"
    yield ""
    yield "Each code block of the guide but the first, a diagram, is a small project. In an anti-pattern the rules find"
    yield "what it shows and nothing else. In a good block, mended where it does not work as written, all rules find"
    yield "nothing, and its tests pass; as written, they find what is broken."
    yield ""
    yield "| block | chapter | kind | what it shows | found |"
    yield "|---|---|---|---|---|"
    links = {info.code: f"[{info.code}](rules/{file_name(info)})" for info in registry.rules()}
    for snippet in snippets():
        chapter, kind, shows = snippet.head
        found = ", ".join(links[code] for code in sorted({line.split()[1] for line in snippet.expected}))
        said = found or _nothing(snippet)
        yield f"| {snippet.block} | {chapter} | {kind} | [{shows}](../fixtures/guide/{snippet}) | {said} |"


def _count(stem: str) -> int:
    return sum(1 for case in (BEFORE / stem).iterdir() if case.is_dir())


def _fix(info: registry.RuleInfo) -> str:
    return "reported only" if info.applicability is Applicability.NONE else str(info.applicability)


def _nothing(snippet: Snippet) -> str:
    why = snippet.header("no rule names it")
    return f"no rule: {why}" if why else "nothing"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    sys.exit(0)
