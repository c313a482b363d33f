"""LSF207 deep-service-nesting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.project import Project
from litestar_fix.model.service_chains import ServiceChains


class DeepServiceNesting(practice.PracticeRule):
    """A service holds a service that holds a service, deeper than the setting `max-service-depth` allows.

    ## Why

    Who wants to test the first service, or to know what a request does, has to make or read all of them. The chain
    grows by itself, since each service passes work on to the next. It is reported where it begins.

    ## When it is quiet

    Chains of up to `max-service-depth` (2) steps; repositories, clients, mailers and loggers, which do no work of the
    domain; circles; services that are only handed to a method. A class is a service if its name ends in `Service`.

    ## Source

    No rule of Litestar: services are what the application's providers make.
    """

    code = "LSF207"
    name = "deep-service-nesting"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: services calling services calling services"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            class HoneyService: ...

            class HiveService:
                def __init__(self, honey: HoneyService) -> None:
                    self.honey = honey
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            class FlowerService: ...

            class BeeService:
                def __init__(self, flowers: FlowerService) -> None:
                    self.flowers = flowers

            class HoneyService:
                def __init__(self, bees: BeeService) -> None:
                    self.bees = bees

            class HiveService:
                def __init__(self, honey: HoneyService) -> None:
                    self.honey = honey
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the services at which a chain begins that is too long."""
        chains, limit = ServiceChains(project), project.settings.max_service_depth
        found = {service: chains.chain(service, limit + 1) for service in chains.services}
        within = {inner for service, chain in found.items() if chain for inner in chains.holds(service)}
        for service, chain in found.items():
            if not chain or service in within:
                continue
            class_ = chains.services[service]
            others = f"{limit} other{'s' if limit > 1 else ''}"
            shown = " > ".join(item.qualname for item in chain)
            yield cls.finding(
                service.path,
                class_.span,
                f"{class_.name} holds services over more than {others}: {shown}; let the caller put them together",
                related=[practice.Related(item.path, chains.services[item].span, item.qualname) for item in chain[1:]],
            )
