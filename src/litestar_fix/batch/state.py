"""The state of a batch, one SQLite file: which repository is where. What is written here has been done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import msgspec

from litestar_fix.batch.effects import Branch
from litestar_fix.batch.outcome import Outcome, Status
from litestar_fix.batch.repository import Repository
from litestar_fix.errors import UsageError

_FORMAT = "litestar-fix batch 1"
_SCHEMA = """
CREATE TABLE batch (format TEXT NOT NULL, options BLOB NOT NULL, started INTEGER NOT NULL);
CREATE TABLE repositories (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL UNIQUE,
    step TEXT NOT NULL DEFAULT 'waiting', failed INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    outcome BLOB, commits BLOB, branches BLOB, requests BLOB
);
"""


class Step(StrEnum):
    """How far a repository has come: what the name says has been done."""

    WAITING = "waiting"
    FIXED = "fixed"
    COMMITTED = "committed"
    PATCHED = "patched"
    PUSHED = "pushed"
    DONE = "done"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Where one repository is.

    Args:
        repository: which.
        step: the last one that was done.
        failed: whether the next one could not be, and why: ``reason``.
        outcome: what was found, without the commits; None before that.
        branches, requests: what was made.
    """

    repository: Repository
    step: Step
    failed: bool
    reason: str
    outcome: Outcome | None
    branches: tuple[Branch, ...]
    requests: tuple[str, ...]


class State:
    """The state of one batch.

    Args:
        file: where it is kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._connection = sqlite3.connect(file, isolation_level=None)
            self._connection.execute("PRAGMA synchronous = FULL")
            tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error as error:
            raise UsageError(f"{file}: not the state of a batch: {error}") from None
        self.is_new = not tables
        if tables and tables.isdisjoint({"batch", "repositories"}):
            raise UsageError(f"{file}: not the state of a batch, but another database")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def begin(self, repositories: Iterable[Repository], options: bytes, started: int) -> None:
        """Write down what is to be done.

        Args:
            repositories: all of them.
            options: what is to be done with each.
            started: when, in seconds.
        """
        with self._connection:
            self._connection.execute("BEGIN")
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO batch VALUES (?, ?, ?)", (_FORMAT, options, started))
            self._connection.executemany(
                "INSERT INTO repositories (name, source) VALUES (?, ?)",
                [(item.name, item.source) for item in repositories],
            )
        self.is_new = False

    @property
    def begun(self) -> tuple[bytes, int]:
        """What is to be done with each repository, and when that was first wanted.

        Raises:
            UsageError: another version wrote the file.
        """
        row = self._connection.execute("SELECT format, options, started FROM batch").fetchone()
        if row is None or row[0] != _FORMAT:
            raise UsageError(f"{self._file}: the state of a batch of another version")
        return row[1], row[2]

    def rows(self) -> Iterator[Row]:
        """Yield where each repository is, in the order in which they were named."""
        yield from self._rows("ORDER BY position")

    def _rows(self, clause: str, *values: str) -> Iterator[Row]:
        query = "SELECT name, source, step, failed, reason, outcome, branches, requests FROM repositories"
        with closing(self._connection.execute(f"{query} {clause}", values)) as found:
            for name, source, step, failed, reason, outcome, branches, requests in found:
                yield Row(
                    repository=Repository(name, source),
                    step=Step(step),
                    failed=bool(failed),
                    reason=reason,
                    outcome=msgspec.msgpack.decode(outcome, type=Outcome) if outcome else None,
                    branches=msgspec.msgpack.decode(branches, type=tuple[Branch, ...]) if branches else (),
                    requests=msgspec.msgpack.decode(requests, type=tuple[str, ...]) if requests else (),
                )

    def open_names(self, *, failed: bool) -> list[str]:
        """Return the names of the repositories that are not done: those that failed, or the others."""
        query = "SELECT name FROM repositories WHERE failed = ? AND step != ? ORDER BY position"
        return [name for (name,) in self._connection.execute(query, (int(failed), Step.DONE.value))]

    def row(self, name: str) -> Row:
        """Return where one repository is."""
        return next(self._rows("WHERE name = ?", name))

    def commits(self, name: str) -> Outcome:
        """Return what was found in a repository, with the commits that are to be made."""
        (encoded,) = self._connection.execute("SELECT commits FROM repositories WHERE name = ?", (name,)).fetchone()
        return msgspec.msgpack.decode(encoded, type=Outcome)

    def again(self, name: str) -> None:
        """Forget that a repository failed."""
        self._set(name, failed=0, reason="")

    def fixed(self, outcome: Outcome) -> None:
        """Keep what was found in a repository; where there is nothing to commit, it is done."""
        is_failed = outcome.status is Status.FAILED
        step = Step.WAITING if is_failed else Step.FIXED if outcome.shards else Step.DONE
        encoded = msgspec.msgpack.encode(outcome) if outcome.shards else None
        plain = msgspec.msgpack.encode(msgspec.structs.replace(outcome, shards=()))
        self._set(
            outcome.name, step=step.value, failed=int(is_failed), reason=outcome.reason, outcome=plain, commits=encoded
        )

    def stepped(self, name: str, step: Step, **made: object) -> None:
        """Keep that a step was done, and what came of it."""
        encoded = {key: msgspec.msgpack.encode(value) for key, value in made.items()}
        self._set(name, step=step.value, **encoded, **({"commits": None} if step is Step.DONE else {}))

    def failed(self, name: str, reason: str) -> None:
        """Keep why a repository does not come further."""
        self._set(name, failed=1, reason=reason)

    def _set(self, name: str, **values: object) -> None:
        columns = ", ".join(f"{column} = ?" for column in values)
        self._connection.execute(f"UPDATE repositories SET {columns} WHERE name = ?", (*values.values(), name))
