"""Scaffold a practice: its rule, its codemod, the cases that every practice has, and its page.

``python scripts/new_rule.py LSF210 shared-mutable-default high``; CONTRIBUTING.md says what comes next.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import document_rules

ROOT = Path(__file__).resolve().parent.parent

RULE = '''"""{code}: say in a few words what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.project import Project


class {rule}(practice.PracticeRule):
    """Say in one sentence what is reported.

    ## Why

    What goes wrong, and when.

    ## When it is quiet

    What looks like a finding and is not one.

    ## Fix safety

    What changes for a client or for the owner, and when the fix is refused.

    ## Source

    Where Litestar documents or implements the behaviour.
    """

    code = "{code}"
    name = "{name}"
    severity = practice.Severity.{severity}
    applicability = practice.Applicability.{applicability}
    guide = "{guide}"
    VALID: ClassVar[list[str | practice.Valid]] = [practice.Valid("")]
    INVALID: ClassVar[list[str | practice.Invalid]] = [practice.Invalid("")]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what is wrong anywhere in the project."""
        yield from ()
'''

CODEMOD = '''"""{code}: say in a few words what is rewritten."""

from __future__ import annotations

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.{stem} import {rule}


class {rule}Command(PracticeCommand):
    """Say in one sentence what one group of edits does."""

    rule = {rule}

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one finding."""
        return ()
'''

APPLICATION = '''"""{domain}."""

from litestar import Litestar, get


@get("/")
async def show() -> dict[str, str]:
    return {{"shown": "here"}}


app = Litestar(route_handlers=[show])
'''


class Practice(NamedTuple):
    """What the templates are filled with."""

    code: str
    name: str
    severity: str
    applicability: str
    guide: str

    @property
    def stem(self) -> str:
        """The name of the modules and case folders."""
        return self.name.replace("-", "_")

    @property
    def rule(self) -> str:
        """The name of the rule class."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    def fill(self, template: str) -> str:
        """Return a template with this practice's names in it."""
        enums = {"severity": self.severity.upper(), "applicability": self.applicability.upper()}
        return template.format(**(self._asdict() | enums), stem=self.stem, rule=self.rule)


def main(arguments: Sequence[str] | None = None) -> int:
    """Scaffold what the command line asks for.

    Args:
        arguments: of the command line.

    Returns:
        The exit code: 2 if the code, the name or one of the files is taken or misspelt.
    """
    options = _options().parse_args(arguments)
    practice = Practice(options.code, options.name, options.severity, options.applicability, options.guide)
    wanted = files(practice)
    problem = problem_with(practice, list(wanted))
    if problem:
        print(problem, file=sys.stderr)
        return 2
    for path, text in wanted.items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    written = document_rules.main([])
    print("Next: the cases by hand, quiet ones first (CONTRIBUTING.md, step 2), then find(), then edits().")
    return written


def files(practice: Practice) -> dict[str, str]:
    """Return the text of every file of a new practice by path."""
    rule, stem = practice.fill(RULE), practice.stem
    example, suppressed = APPLICATION.format(domain="A domain of its own"), APPLICATION.format(domain="Another domain")
    made = {
        f"src/litestar_fix/rules/{stem}.py": rule,
        f"fixtures/before/{stem}/example/app.py": example,
        f"fixtures/before/{stem}/example/findings.txt": "",
        f"fixtures/before/{stem}/noop_suppressed/app.py": suppressed,
    }
    if practice.applicability == "none":
        return made
    return made | {
        f"codemods/litestar_codemods/{stem}.py": practice.fill(CODEMOD),
        f"fixtures/after/{stem}/example/app.py": example,
    }


def problem_with(practice: Practice, paths: Sequence[str]) -> str | None:
    """Return why a practice cannot be scaffolded, or None."""
    if not re.fullmatch(r"LSF\d{3}", practice.code):
        return f"{practice.code}: a code is LSF and three digits, the first of them the chapter"
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", practice.name):
        return f"{practice.name}: a name is made of lower-case words with hyphens between them"
    for path in sorted((ROOT / "src/litestar_fix/rules").glob("*.py")):
        if f'code = "{practice.code}"' in path.read_text(encoding="utf-8"):
            return f"{practice.code} is taken by {path.stem}; codes are never used twice"
    taken = [path for path in paths if (ROOT / path).exists()]
    return f"{taken[0]} exists already" if taken else None


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("code", help="LSF and three digits")
    parser.add_argument("name", help="words with hyphens; the modules get it with underscores")
    parser.add_argument("severity", choices=["critical", "high", "medium", "low"])
    parser.add_argument("--applicability", choices=["safe", "unsafe", "none"], default="safe", help="the usual level")
    parser.add_argument("--guide", default="beyond", help="the audit check that the rule answers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
