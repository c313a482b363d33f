"""The facts of all files of a project: from the cache where it knows a content, collected elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from litestar_fix.model.cache import Encoded, Store
from litestar_fix.model.chunks import collect_all, without_collector
from litestar_fix.model.contents import Sources

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from litestar_fix.model.facts import Module


class Gathered(msgspec.Struct, frozen=True):
    """The facts of all files by path, and why a file has none; ``keep`` keeps the facts where that is still to do."""

    modules: dict[str, Module]
    unreadable: dict[str, str]
    keep: Callable[[], None] = lambda: None


def gather(
    root: Path,
    sources: Sources,
    store: Store,
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    meanwhile: Callable[[bool], object] = lambda _: None,
    is_kept_later: bool = False,
) -> Gathered:
    """Return the facts of a project's files.

    Args:
        root: the project's root.
        sources: the hashes of its files.
        store: where facts are kept between runs.
        executor: what helps with a large project; by default only processes of this machine work.
        jobs: how many processes; by default as many as there are processors.
        progress: told of files done and files in all, now and then.
        meanwhile: something else to do while others work; it is told whether that takes long, and called at most once.
        is_kept_later: whether the facts are kept when the caller says so, by ``keep``, and not before.
    """
    known = store.facts()
    missing = {key: path for path, key in sources.digests.items() if key not in known}
    unreadable = dict(sources.unreadable)
    facts: dict[bytes, Encoded] = {key: known[key] for key in dict.fromkeys(sources.digests.values()) if key in known}
    failed: dict[bytes, str] = {}
    with without_collector():
        decoded = _Decoded()
        for done, (key, encoded, reason) in enumerate(collect_all(root, missing, executor, jobs, meanwhile), 1):
            if reason:
                failed[key] = reason
            else:
                facts[key] = encoded
                decoded.add(key, facts[key])  # others are still at work
            if progress is not None and done % 50 == 0:
                progress(done, len(missing))
        modules = decoded.modules(sources.digests, facts)
    unreadable |= {path: failed[key] for path, key in sources.digests.items() if key in failed}
    gathered = Gathered(modules, unreadable)
    if len(facts) == len(known) and not missing:
        return gathered
    if is_kept_later:
        return replace(gathered, keep=partial(store.save_facts, facts))
    store.save_facts(facts)
    return gathered


class _Decoded:
    """The decoded facts of contents."""

    def __init__(self) -> None:
        from litestar_fix.model.facts import Module

        self._decode = msgspec.msgpack.Decoder(Module).decode
        self._modules: dict[bytes, Module] = {}

    def add(self, key: bytes, encoded: Encoded) -> None:
        """Decode the facts of a content."""
        self._modules[key] = self._decode(encoded)

    def modules(self, digests: Mapping[str, bytes], facts: Mapping[bytes, Encoded]) -> dict[str, Module]:
        """Return the facts of all files; those of equal content share them, but for their path."""
        modules: dict[str, Module] = {}
        for path, key in digests.items():
            if key not in facts:
                continue
            if key not in self._modules:
                self.add(key, facts[key])
            module = self._modules[key]
            modules[path] = module if module.path == path else replace(module, path=path)
        return modules
