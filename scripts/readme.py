"""Write what the README shows: the output of its first command, the rules, and the table of settings.

``python scripts/readme.py`` rewrites these parts; a test compares them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

from document_rules import file_name
from litestar_fix import registry
from litestar_fix.settings.schema import SENSITIVE_FIELDS, documented

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


class Output(NamedTuple):
    """What a command printed."""

    diff: str
    findings: str
    code: int


def blocks(language: str, text: str) -> list[str]:
    """Return the contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> tuple[str, str]:
    """Return the two commands for a fresh machine, as they are written."""
    job, tests, *_ = blocks("sh", README.read_text(encoding="utf-8"))
    return job.strip(), tests.strip()


def first_output() -> Output:
    """Run the last part of the README's first command, as it is written, beside a copy of the examples.

    Its other parts make the environment that this very process runs in; doing that again would test pip.
    """
    job = commands()[0].split(" && ")[-1]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        (copy / ".git").mkdir()  # the reader has a clone: the paths of a diff count from there
        shutil.copytree(ROOT / "examples", copy / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        programs = copy / ".venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "litestar-fix").symlink_to(Path(sys.executable).with_name("litestar-fix"))
        environment = os.environ | {"LITESTAR_FIX_CACHE_DIR": str(copy / "cache")}
        done = subprocess.run(
            ["bash", "-c", job], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
    return Output(done.stdout, done.stderr, done.returncode)


def rules_table() -> str:
    """Return the rules as a Markdown table."""
    rows = [
        f"| [{each.code}](docs/rules/{file_name(each)}) {each.name} | {each.summary} | {each.applicability} |"
        for each in registry.rules()
    ]
    return "\n".join(["| rule | what it reports | fix |", "|---|---|---|", *rows]) + "\n"


def settings_table() -> str:
    """Return the settings as a Markdown table."""
    rows = [f"| `{each.key}` | {_default(each.default)} | {each.description} |" for each in documented()]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def up_to_date(text: str, output: Output) -> str:
    """Return the README with the parts that are made from the project itself.

    Args:
        text: the README as it is.
        output: of its first command.
    """
    made = {
        r"(?<=^```diff\n).*?(?=^```$)": output.diff,
        r"(?<=^```text\n).*?(?=^```$)": output.findings,
        r"^\| rule \| what .*?(?=^$)": rules_table(),
        r"^\| key \| default .*?(?=^$)": settings_table(),
    }
    for pattern, part in made.items():
        place = re.search(pattern, text, flags=re.DOTALL | re.MULTILINE)
        if place is None:
            raise LookupError(f"the README has no place for {pattern}")
        text = text[: place.start()] + part + text[place.end() :]
    return text


def _default(value: object) -> str:
    """A default as TOML, or in words where it would fill the table."""
    if value is SENSITIVE_FIELDS:
        return f"{len(SENSITIVE_FIELDS)} names, `password`, `*_secret` and the like"
    return "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"


if __name__ == "__main__":
    README.write_text(up_to_date(README.read_text(encoding="utf-8"), first_output()), encoding="utf-8")
