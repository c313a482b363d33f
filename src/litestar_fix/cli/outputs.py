"""Where a report goes, and in which formats: one on standard output, others into files."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from litestar_fix.cli.formats import FORMATS, HUMAN, PAGE, RENDERERS
from litestar_fix.errors import LitestarFixError, UsageError, did_you_mean
from litestar_fix.report.style import Style

if TYPE_CHECKING:
    from litestar_fix.result import Report

#: They tell what each fix does.
PATCHING = frozenset({"sarif", "rdjson", "rdjsonl", "codetf", PAGE})
STDOUT = "-"
_SUMMARY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the file that it goes to: `STDOUT` for standard output."""

    format: str
    target: str


def outputs_of(options: dict[str, Any]) -> tuple[Output, ...]:
    """Return the outputs that the options name.

    Raises:
        UsageError: a format that does not exist, or two outputs with one target.
    """
    named = tuple(_output(text) for text in options["output"])
    found = named or (Output(options["output_format"], STDOUT),)
    targets = [item.target if item.target == STDOUT else os.path.realpath(item.target) for item in found]
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise UsageError(
            f"--output: two formats for {'standard output' if twice == STDOUT else twice}; give each its own"
        )
    if options["statistics"] and any(item.format not in (*HUMAN, "json") for item in found):
        raise UsageError(f"--statistics goes with {', '.join(HUMAN)} and json; leave it out for other formats")
    return found


def _output(text: str) -> Output:
    name, equals, target = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f"--output: no such format {name!r}{did_you_mean(name, FORMATS) or _known()}")
    if not equals or not target:
        raise UsageError(f"--output: say where {name} goes: `--output {name}=FILE`, or `{name}=-` for standard output")
    return Output(name, target)


def _known() -> str:
    return f"; the formats are {', '.join(FORMATS)}"


@dataclass(slots=True)
class Prepared:
    """Where a report will go, made sure of before the run: a file that cannot be written must stop it, not end it.

    Args:
        outputs: what is wanted.
        made: by target, the new file beside it that will take its place.
        page: makes the page of a report.
        started: when the run began, in seconds.
    """

    outputs: tuple[Output, ...]
    made: Mapping[str, str]
    page: Callable[[Report], bytes]
    started: float = field(default_factory=time.monotonic)

    @property
    def wants_patches(self) -> bool:
        """Whether some format tells what each fix does."""
        return any(item.format in PATCHING for item in self.outputs)

    @property
    def on_stdout(self) -> Output | None:
        """The format that standard output is for."""
        return next((item for item in self.outputs if item.target == STDOUT), None)

    @property
    def has_document(self) -> bool:
        """Whether standard output is one document for machines, and nothing else may be printed there."""
        return self.on_stdout is not None and self.on_stdout.format not in HUMAN

    @property
    def in_files(self) -> list[Output]:
        """The formats that go into files."""
        return [item for item in self.outputs if item.target != STDOUT]

    def save(self, report: Report, *, verbose: bool, statistics: bool) -> None:
        """Write the files, each as a whole.

        Raises:
            LitestarFixError: one cannot be written.
        """
        for item in self.in_files:
            if item.format in HUMAN:
                style = Style(verbose=verbose)
                content = "".join(f"{line}\n" for line in text(report, item.format, style, statistics=statistics))
                self.put(item.target, content.encode("utf-8", "backslashreplace"))
            else:
                self.put(item.target, self.document(report, item.format, statistics=statistics))

    def document(self, report: Report, name: str, *, statistics: bool) -> bytes:
        """Return a report as a document for machines, or as a page."""
        if name == PAGE:
            return self.page(report)
        return document(
            report, name, milliseconds=round((time.monotonic() - self.started) * 1000), statistics=statistics
        )

    def put(self, target: str, content: bytes) -> None:
        """Write one file as a whole.

        Raises:
            LitestarFixError: it cannot be written.
        """
        made = self.made.get(target)
        try:
            with open(made or target, "wb") as file:
                file.write(content)
            if made is not None:
                os.replace(made, target)
        except OSError as error:
            raise LitestarFixError(f"{target}: cannot be written: {error.strerror}") from None


@contextmanager
def prepared(outputs: Iterable[Output], page: Callable[[Report], bytes] = lambda _: b"") -> Iterator[Prepared]:
    """Make sure that the files of a report can be written, and leave nothing behind if there is no report.

    Args:
        outputs: what is wanted.
        page: makes the page of a report, where that may be wanted.

    Raises:
        UsageError: one of them cannot be.
    """
    made: dict[str, str] = {}
    found = Prepared(tuple(outputs), made, page)
    try:
        for item in found.in_files:
            if os.path.exists(item.target) and not os.path.isfile(item.target):
                if os.path.isdir(item.target):
                    raise UsageError(f"{item.target} is a folder; name a file in it")
                continue  # a pipe or a device is written as it is
            made[item.target] = _beside(item.target)
        yield found
    finally:
        for path in made.values():
            with suppress(OSError):
                os.unlink(path)


def _beside(target: str) -> str:
    import tempfile

    folder, name = os.path.split(os.path.abspath(target))
    try:
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        handle, made = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        os.close(handle)
        os.chmod(made, 0o666 & ~_umask())
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return made


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def text(report: Report, name: str, style: Style, *, statistics: bool) -> Iterable[str]:
    """Return the lines of a report for people."""
    module = import_module(f"litestar_fix.report.{'statistics' if statistics else name}")
    lines: Iterable[str] = module.render(report, style)
    return lines


def document(report: Report, name: str, *, milliseconds: int = 0, statistics: bool = False) -> bytes:
    """Return a report as a document for machines.

    Args:
        report: of the run.
        name: of the format.
        milliseconds: that the run took.
        statistics: numbers by rule instead of findings, where the format knows both.
    """
    # a format is imported when it is wanted: start-up time is budgeted
    module, _, function = RENDERERS[name].partition(":")
    render = getattr(import_module(f"litestar_fix.report.{module}"), function or "render")
    match name:
        case "json":
            made = render(report, statistics=statistics)
        case "codetf":
            made = render(report, shlex.join(["litestar-fix", *sys.argv[1:]]), milliseconds)
        case _:
            made = render(report)
    return made if isinstance(made, bytes) else joined(made)


def joined(lines: Iterable[str]) -> bytes:
    """Return lines as bytes; what UTF-8 lacks is escaped."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def summarize(report: Report) -> None:
    """Add the findings to the summary of a GitHub job, where there is one: it shows more than its annotations."""
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    content = document(report, "markdown")
    if len(content) > _SUMMARY_BYTES // 2:
        content = content[: content.rindex(b"\n", 0, _SUMMARY_BYTES // 2)] + b"\n\nand more; the log has all of them.\n"
    try:
        with open(target, "ab") as file:
            file.write(content)
    except OSError as error:
        raise LitestarFixError(f"{target}: the summary cannot be written: {error.strerror}") from None
