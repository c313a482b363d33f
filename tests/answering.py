"""What a golden application answers: it is started in a forked process, and asked."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

from tests.runtime import load


def answers(folder: Path, *requests: str, target: str = "app:app") -> list[tuple[int, str]]:
    """Return status and body of the response to each request.

    Args:
        folder: the application's folder, which is the working directory.
        requests: method and path, as in ``GET /moons?name=Io``, and JSON that is sent, if any.
        target: ``module:attribute``.
    """
    return [(status, body) for status, _, body in exchanges(folder, *requests, target=target)]


def exchanges(folder: Path, *requests: str, target: str = "app:app") -> list[tuple[int, dict[str, str], str]]:
    """Return status, headers and body of the response to each request; see `answers`."""
    import litestar.testing  # noqa: F401

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as sink:
                json.dump(_asked(folder, target, requests), sink)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        text = source.read()
    os.waitpid(child, 0)
    assert text, "the process died"
    return [(status, headers, body) for status, headers, body in json.loads(text)]


def _asked(folder: Path, target: str, requests: Iterable[str]) -> list[tuple[int, dict[str, str], str]]:
    from litestar.testing import TestClient

    os.chdir(folder)
    sys.path.insert(0, str(folder))
    warnings.simplefilter("ignore")
    logging.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    found = []
    with TestClient(load(target), raise_server_exceptions=False) as client:
        for request in requests:
            method, path, *body = request.split(" ", 2)
            response = client.request(method, path, content="".join(body))
            found.append((response.status_code, dict(response.headers), response.text))
    return found
