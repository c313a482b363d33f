"""LSF802: a handler caches by hand, or a cache keeps coroutines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.cached_coroutines import cached_coroutines
from litestar_fix.model.handlers import Handler
from litestar_fix.model.kept_answers import KeptAnswer, Place, kept_answer
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.roles import Role

_NOT_SERVED = (Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION)


class ManualCaching(practice.PracticeRule):
    """A handler keeps its answers in a dict or in Redis by hand, or `lru_cache` keeps the coroutines of an `async def`.

    ## Why

    A dict of the module is filled by each worker process on its own, and nothing empties it: entries grow old, and
    there are more and more of them. Litestar keeps responses for as long as `cache=` says, in a store that workers can
    share. `lru_cache` on an `async def` keeps the coroutine and not its result: the second caller that awaits it gets
    `RuntimeError: cannot reuse already awaited coroutine`.

    ## When it is quiet

    Handlers of other methods than GET, whose responses are not to be cached. Counters and limits, whose new value is
    made of the old one; circuit breakers and other switches, whose value is written out; objects that are only
    constructed when they are first asked for. Litestar's stores. Dicts that are filled elsewhere, or are not empty to
    begin with; a single value that is made once. Functions that a handler calls. Tests, examples and documentation.

    ## Fix safety

    There is no fix: the key of Litestar's response cache is the path and the query, whoever asks, so that it has to be
    seen first that nothing else decides. Where the handler has guards or reads headers, cookies or the user, the
    message names a store instead.

    ## Source

    `litestar/config/response_cache.py`, `litestar/stores`, Litestar 2.25;
    https://docs.python.org/3/library/functools.html#functools.lru_cache
    """

    code = "LSF802"
    name = "manual-caching"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    cost = 14
    guide = "checklist: Manual caching"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            async def measure(beach: str) -> float:
                return len(beach) / 2

            @get("/waves/{beach:str}", cache=60)
            async def read_waves(beach: str) -> float:
                return await measure(beach)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            WAVES: dict[str, float] = {}

            async def measure(beach: str) -> float:
                return len(beach) / 2

            @get("/waves/{beach:str}")
            async def read_waves(beach: str) -> float:
                if beach not in WAVES:
                    WAVES[beach] = await measure(beach)
                return WAVES[beach]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what handlers keep, and the caches of coroutines."""
        for found in cached_coroutines(project):
            if project.role(found.path) not in _NOT_SERVED:
                name = readable(found.function)
                yield cls.finding(
                    found.path,
                    found.span,
                    f"{found.cache} keeps the coroutines of {name}, and one that was awaited cannot be awaited again; "
                    "cache what it returns, or declare cache= on the handlers",
                )
        for handler in project.layers.every_handler():
            kept = kept_answer(project, handler) if project.role(handler.path) not in _NOT_SERVED else None
            if kept is not None:
                yield cls._kept(handler, kept)

    @classmethod
    def _kept(cls, handler: Handler, kept: KeptAnswer) -> practice.Finding:
        what = {
            Place.MODULE: f"in {kept.name}, a dict that each worker fills on its own",
            Place.REDIS: f"in Redis by hand ({kept.name})",
        }[kept.place]
        cure = (
            "use a store of the application, since cache= does not tell clients apart"
            if kept.is_private
            else "declare cache= on the handler"
        )
        return cls.finding(
            handler.path,
            kept.filled,
            f"handler {handler.function.readable_name} keeps its answers {what}; {cure}",
            related=[practice.Related(handler.path, kept.looked_up, "looked up here")],
        )
