"""An editor talks to Fixit's language server, which runs our rules on what is not saved yet: a whole session."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOMS = """\
from litestar import Litestar, get
from litestar.di import Provide

from shared import count_beds


@get("/rooms")
def list_rooms(beds: int) -> list[int]:
    return [beds]


app = Litestar(
    [list_rooms],
    dependencies={"beds": Provide(count_beds)},
)
"""
TIDY = ROOMS.replace('"/rooms"', '"/rooms", sync_to_thread=False').replace("beds)}", "beds, sync_to_thread=False)}")


class Editor:
    """The client of a language server over its standard streams."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        self._number = 0

    def notify(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._number:
            pass
        assert "error" not in message, message
        return message["result"]

    def diagnostics(self) -> list[dict[str, Any]]:
        """Wait for what the server finds next."""
        while (message := self._receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        found: list[dict[str, Any]] = message["params"]["diagnostics"]
        return found

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while (line := self._from.readline()) != b"\r\n":
            assert line, "the server has ended"
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._from.read(length))
        return message


@contextmanager
def session(root: Path) -> Iterator[Editor]:
    command = [sys.executable, "-m", "fixit", "lsp", "--stdio", "true", "--debounce-interval", "0"]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        try:
            editor = Editor(process)
            editor.request("initialize", processId=None, rootUri=root.as_uri(), capabilities={})
            editor.notify("initialized")
            yield editor
            editor.request("shutdown")
            editor.notify("exit")
        finally:
            timer.cancel()
            process.kill()


def test_an_editor_sees_what_is_wrong_and_formats_it_away(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.fixit]\nroot = true\nenable = ["litestar_fix.rules"]\n'
        'disable = ["fixit.rules", "litestar_fix.rules.missing_docstring", "litestar_fix.rules.untested_route"]\n'
    )
    (tmp_path / "shared.py").write_text("def count_beds() -> int:\n    return 2\n")
    file = tmp_path / "app.py"
    file.write_text("")
    document = {"uri": file.as_uri()}

    with session(tmp_path) as editor:
        editor.notify(
            "textDocument/didOpen", textDocument={**document, "languageId": "python", "version": 1, "text": ROOMS}
        )
        everything = editor.diagnostics()
        assert {item["source"] for item in everything} == {"fixit"}
        found = [item for item in everything if item["code"] == "ImplicitSyncToThread"]
        assert sorted(item["range"]["start"]["line"] for item in found) == [7, 13]
        assert all(item["message"].startswith("LSF204 sync ") for item in found)

        (edit,) = editor.request(
            "textDocument/formatting", textDocument=document, options={"tabSize": 4, "insertSpaces": True}
        )
        assert edit["newText"] == TIDY

        editor.notify(
            "textDocument/didChange",
            textDocument={**document, "version": 2},
            contentChanges=[{"text": edit["newText"]}],
        )
        assert [item["code"] for item in editor.diagnostics()] == ["MissingAppProtection"]
    assert file.read_text() == ""
