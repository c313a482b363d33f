"""Files collected in chunks: in this process, in others that a file may crash, and by an executor."""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from litestar_fix.errors import LitestarFixError, UnreadableFile
from litestar_fix.model import isolation, sharing
from litestar_fix.model.cache import digest
from litestar_fix.model.contents import CHANGED, content_of

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: Starting processes costs as much time as collecting some two hundred kilobytes here.
_WORTH_PROCESSES = 400_000
#: Small enough that processes end together, large enough that handing over costs nothing.
_CHUNK_BYTES = 50_000
#: Below, reaching other machines takes as long as they save: half a second, of a second and a half.
_WORTH_EXECUTOR = 5_000_000
#: Much more than handing over costs, and little enough that all end together.
_HANDED_BYTES = 200_000

Content: TypeAlias = tuple[bytes, str, bytes]
Collected: TypeAlias = tuple[bytes, bytes, str]


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause the garbage collector: trees and facts have no cycles, and looking for some takes a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_all(
    root: Path,
    missing: Mapping[bytes, str],
    executor: Executor | None,
    jobs: int | None,
    meanwhile: Callable[[bool], object],
) -> Iterator[Collected]:
    """Collect the facts of files, wherever that is fastest; those of each come when they are there.

    Args:
        root: the project's root.
        missing: the files by the hash of their content.
        executor: what helps with a large project.
        jobs: how many processes; by default as many as there are processors.
        meanwhile: something else to do while others work; it is told whether that takes long, and called at most once.
    """
    chunks, sizes = _by_size(root, missing)
    size = sum(sizes)
    if executor is not None and size > _WORTH_EXECUTOR:
        yield from sharing.perform(
            _by_size(root, missing, _HANDED_BYTES)[0],
            executor,
            partial(collect_apart, sys.getrecursionlimit()),
            argument=lambda chunk: list(_read(root, dict(chunk))),
            here=partial(_here, root),
            meanwhile=partial(meanwhile, True),
        )
        return
    workers = (jobs or os.cpu_count() or 1) if size > _WORTH_PROCESSES else 1
    if isolation.is_possible():
        is_long = size > _WORTH_PROCESSES
        yield from _isolated(chunks, partial(_collect_named, root), workers, sizes, partial(meanwhile, is_long))
    elif workers == 1:
        yield from chain.from_iterable(map(collect_chunk, _chunks(_read(root, missing))))
    else:
        with _processes(workers) as pool:
            yield from _submit(pool, _chunks(_read(root, missing)), 2 * workers, partial(meanwhile, True))


_Named: TypeAlias = list[tuple[bytes, str]]
_File = TypeVar("_File", tuple[bytes, str], Content)


def _by_size(root: Path, missing: Mapping[bytes, str], most: int = 0) -> tuple[list[_Named], list[int]]:
    """Files in chunks of about one size, and the size of each."""
    chunks: list[_Named] = []
    sizes: list[int] = []
    for key, path in missing.items():
        if not sizes or sizes[-1] >= (most or _CHUNK_BYTES):
            chunks.append([])
            sizes.append(0)
        chunks[-1].append((key, path))
        with suppress(OSError):
            sizes[-1] += os.stat(f"{root}/{path}").st_size
    return chunks, sizes


def _isolated(
    chunks: Sequence[Sequence[_File]],
    collected: Callable[[Sequence[_File]], bytes],
    workers: int,
    sizes: Sequence[int] = (),
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Collected]:
    """Collect in processes that a file may crash; of the chunk that such a file was in the others are done apart."""
    # once, and not in each of the processes; nor must a copy wait for an import that another thread has begun
    import litestar_fix.model.collect  # noqa: F401

    again: list[Sequence[_File]] = []
    tasks = [partial(collected, chunk) for chunk in chunks]
    for result in isolation.perform(tasks, jobs=workers, costs=sizes, meanwhile=meanwhile):
        chunk = chunks[result.number]
        if not result.error:
            yield from msgspec.msgpack.decode(result.content, type=list[Collected])
        elif len(chunk) == 1:
            yield chunk[0][0], b"", result.error
        else:
            again += [[each] for each in chunk]
    if again:
        yield from _isolated(again, collected, workers)


def _collect_named(root: Path, chunk: _Named) -> bytes:
    return _encoded(list(_read(root, dict(chunk))))


def _encoded(chunk: Sequence[Content]) -> bytes:
    return msgspec.msgpack.encode(collect_chunk(chunk))


def collect_apart(depth: int, chunk: Sequence[Content]) -> list[Collected]:
    """Collect the facts of some files in a process that they may crash, as they would be where the project lies.

    Args:
        depth: how deep recursion may go.
        chunk: as for `collect_chunk`.
    """
    if not isolation.is_possible():
        return msgspec.msgpack.decode(_deep(depth, chunk), type=list[Collected])
    return list(_isolated([chunk], partial(_deep, depth), 1))


def _deep(depth: int, chunk: Sequence[Content]) -> bytes:
    sys.setrecursionlimit(max(sys.getrecursionlimit(), depth))
    return _encoded(chunk)


def _here(root: Path, chunk: _Named) -> Iterator[Collected]:
    if isolation.is_possible():
        return _isolated([chunk], partial(_collect_named, root), 1)
    return iter(collect_chunk(list(_read(root, dict(chunk)))))


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    import multiprocessing
    import signal
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    # forked workers share what is imported already and start in milliseconds; no thread runs yet that a fork could harm
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    try:
        context = multiprocessing.get_context(method)
        # an interrupt is the parent's to report
        with ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
            yield pool
    except BrokenExecutor:
        raise LitestarFixError("a worker process was killed, perhaps for want of memory; try --jobs 1") from None


def _submit(
    executor: Executor, chunks: Iterator[Sequence[Content]], ahead: int, meanwhile: Callable[[], object]
) -> Iterator[Collected]:
    """Keep the executor busy without holding all contents at once."""
    running: deque[Future[list[Collected]]] = deque()
    is_waiting = False
    for chunk in chunks:
        running.append(executor.submit(collect_chunk, chunk))
        if len(running) >= ahead:
            if not is_waiting:
                is_waiting = True
                meanwhile()
            yield from running.popleft().result()
    if not is_waiting:
        meanwhile()
    while running:
        yield from running.popleft().result()


def _read(root: Path, missing: Mapping[bytes, str]) -> Iterator[Content]:
    for key, path in missing.items():
        try:
            yield key, path, content_of(f"{root}/{path}")
        except OSError:
            yield key, path, b""


def _chunks(contents: Iterable[Content]) -> Iterator[list[Content]]:
    chunk: list[Content] = []
    size = 0
    for item in contents:
        chunk.append(item)
        size += len(item[2])
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@without_collector()
def collect_chunk(chunk: Sequence[Content]) -> list[Collected]:
    """Collect the facts of some files; a pure function, so that it may run anywhere.

    Args:
        chunk: (hash, path, content) of each file.

    Returns:
        (hash, encoded facts, why there are none) of each file.
    """
    from litestar_fix.model.collect import collect

    encoder = msgspec.msgpack.Encoder()
    collected: list[Collected] = []
    for key, path, content in chunk:
        try:
            if digest(content) != key:
                raise UnreadableFile(path, CHANGED)
            collected.append((key, encoder.encode(collect(path, content)), ""))
        except UnreadableFile as error:
            collected.append((key, b"", error.reason))
    return collected
