"""Secrets in responses: the fields that hold one and are sent to whom they are not meant for."""

from __future__ import annotations

from litestar_fix.model.fillings import is_drawn, is_empty, is_masked, is_signed
from litestar_fix.model.hiding import Exposed
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.responses import Answer
from litestar_fix.model.secrets import is_issued, is_salt_alone, is_secret


def exposed(project: Project, handler: Handler, found: Answer) -> list[Exposed]:
    """Return the secrets that a handler sends, but for those that it is there to hand out.

    Args:
        project: the project.
        handler: the handler.
        found: what it answers with on one of its routes.
    """
    secrets = []
    for payload in found.payloads:
        for item in payload.transfer.sent:
            field = item.field
            if not field.mark.is_sent or field.is_excluded or not is_secret(project, field):
                continue
            if is_salt_alone(project, item):
                continue
            is_for_caller = is_issued(handler, item) or is_drawn(project, handler, item)
            is_for_caller = is_for_caller or is_signed(project, handler, item)
            if is_for_caller and not payload.held.is_one_of_many:
                continue
            if not (is_empty(project, handler, payload, item) or is_masked(project, handler, item)):
                secrets.append(Exposed(payload, item))
    return secrets
