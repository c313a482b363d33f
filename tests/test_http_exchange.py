"""LSF502: functions before and after the fix talk to one server; what it is sent and what they return is compared."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent, indent
from threading import Thread
from typing import Any

import pytest

from litestar_fix.api import Run, fix
from litestar_fix.settings import Settings

RUN = Run(jobs=1, cache=False)
#: They name the library and what it can unpack, or the host.
UNTOLD = frozenset({"accept-encoding", "host", "user-agent"})
IMPORTS = "import json\nfrom io import BytesIO\nfrom urllib.parse import urlencode\n\nimport requests\n\n\n"
SEEN: list[tuple[object, ...]] = []


class Recorder(BaseHTTPRequestHandler):
    """Notes what it is sent. A path says what is answered: ``/404``, ``/302/x``, ``/slow`` ..."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Be quiet."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        told = {name.lower(): value for name, value in self.headers.items() if name.lower() not in UNTOLD}
        boundary = re.search("boundary=(.*)", told.get("content-type", ""))
        if boundary is not None:
            told["content-type"] = "multipart"
            body = body.replace(boundary[1].encode(), b"BOUNDARY")
        SEEN.append((self.command, self.path, sorted(told.items()), body))
        path = self.path.partition("?")[0]
        status, extra, text = self._wanted(path)
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in (*extra, ("content-length", str(len(text)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def _wanted(self, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
        text = json.dumps({"path": self.path, "word": "é"}).encode()
        match path.split("/")[1:]:
            case ["drop"]:
                return 0, [], b""
            case ["slow"]:
                time.sleep(0.3)
            case ["html"]:
                return 200, [("content-type", "text/html")], "é".encode()
            case ["latin"]:
                return 200, [("content-type", "text/plain; charset=latin-1")], b"\xe9"
            case ["broken"]:
                return 200, [], b"<"
            case ["cookies"]:
                return 200, [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/")], text
            case [("204" | "304") as code]:
                return int(code), [], b""
            case [code, *rest] if code.isdigit():
                return int(code), [("location", f"/{'/'.join(rest)}")] if rest else [], text
        return 200, [("x-one", "1")], text


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
    setattr(Recorder, f"do_{_method}", Recorder.answer)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    recorder = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    recorder.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that waits no longer
    Thread(target=recorder.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{recorder.server_port}"
    recorder.shutdown()
    recorder.server_close()


def exchange(source: str, url: str) -> tuple[object, list[tuple[object, ...]]]:
    """Run a function; return what it returns and what the server saw."""
    SEEN.clear()
    names: dict[str, Any] = {}
    exec(compile(source, "app.py", "exec"), names)
    return asyncio.run(names["fetch"](url)), [*SEEN]


def both(folder: Path, body: str, url: str) -> tuple[Any, Any]:
    """Run a function before and after the fix."""
    source = f"{IMPORTS}async def fetch(url):\n{indent(dedent(body).strip(), '    ')}\n"
    (folder / "app.py").write_text(source)
    report = fix([folder], Settings(select=("LSF502",)), unsafe_fixes=True, root=folder, run=RUN)
    fixed = (folder / "app.py").read_text()
    assert report.problems == ()
    assert "requests." not in fixed, [item.reason for item in report.findings]
    return exchange(source, url), exchange(fixed, url)


CALLS = (
    "get(url + '/x?z=1', params=None)",
    "get(url + '/x y/ü?q=a b&r=ü')",
    "get(url + '/x', params={'a': 'x y+z&=%/ü~*()!', 'b': [1, 2.5], 'c': ''})",
    "get(url + '/x', params=[('a', 1), ('a', 2)])",
    "get(url + '/x', params=urlencode({'a': 'x y', 'b': ''}))",
    "get(url + '/x', params=urlencode({'a': 'x y'}).encode())",
    "get(url + '/x', {'a': 1})",
    "post(url + '/x', data={'a': 'x y+ü', 'b': ['1', '2'], 'c': 1.5})",
    "post(url + '/x', data={})",
    "post(url + '/x', data='ü')",
    "post(url + '/x', 'ü')",
    "post(url + '/x', data=json.dumps({'a': 1}), headers={'Content-Type': 'application/json'})",
    "post(url + '/x', json={})",
    "post(url + '/x', None, {})",
    "patch(url + '/x', json=[1])",
    "delete(url + '/x', json=[1])",
    "get(url + '/x', data='x')",
    "put(url + '/x')",
    "request('get', url + '/x')",
    "request(method='POST', url=url + '/x', json=[])",
    "post(url + '/x', files={'f': ('n.csv', b'1', 'text/csv')}, data={'a': 1, 'b': ['x', 'y']})",
    "post(url + '/x', files=[('f', ('ü \"', BytesIO(b'1'), 'a/b')), ('g', (None, '2'))])",
    "get(url + '/x', headers={'X-A': '1', 'Accept': 'a/b', 'Cookie': 'c=1'})",
    "get(url + '/x', cookies={'a': 'x y;z', 'b': '2'})",
    "get(url + '/x', auth=('user:x', ''))",
    "get(url + '/302/x', auth=requests.auth.HTTPBasicAuth('user', 'word'))",
    "get(url.replace('//', '//user:word@') + '/x')",
    "get(url + '/x', timeout=(5, None), verify=False, stream=False, proxies=None, cert=None)",
    *[f"{verb}(url + '/{code}/x')" for code in (301, 302, 303, 307, 308) for verb in ("get", "post", "put")],
    "post(url + '/307/x', data='abc')",
    "get(url + '/302/x', allow_redirects=False)",
    "get(url + '/302/x', allow_redirects=True)",
    "get(url + '/cookies')",
    "get(url + '/404')",
)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_sends_and_gets_the_same(server: str, tmp_path: Path, call: str) -> None:
    read = "(answer.status_code, answer.url, answer.json(), answer.headers.get('X-One'), dict(answer.cookies))"
    before, after = both(tmp_path, f"answer = requests.{call}\nreturn {read}", server)

    assert after == before


@pytest.mark.parametrize(
    "attribute",
    [
        "ok", "reason", "url", "text", "content", "json()", "headers['content-length']", "'X-One' in answer.headers",
        "headers.get('none', 5)", "elapsed.total_seconds() > 0", "links", "is_redirect", "url.split('/')[-1]",
        "cookies.get('a')", "json(parse_int=str)", "status_code == requests.codes.ok",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/x", "/404", "/cookies"])
def test_an_answer_reads_the_same(server: str, tmp_path: Path, path: str, attribute: str) -> None:
    read = attribute if "answer" in attribute else f"answer.{attribute}"
    before, after = both(tmp_path, f"answer = requests.get(url + '{path}')\nreturn {read}", server)

    assert after == before


@pytest.mark.parametrize(
    "prepare",
    [
        "session.headers.update({'X-A': '1', 'Content-Type': 'a/b'})",
        "session.headers['X-A'] = '1'",
        "session.headers.pop('Accept')",
        "session.auth = ('user', 'word')",
        "session.cookies.set('c', '1')",
        "session.cookies['c'] = '1'",
        "session.get(url + '/cookies')",
        "session.get(url + '/cookies'); session.cookies.clear()",
    ],
)
def test_a_session_sends_the_same(server: str, tmp_path: Path, prepare: str) -> None:
    lines = [
        "with requests.Session() as session:",
        *[f"    {line}" for line in prepare.split("; ")],
        "    moved = session.head(url + '/302/x', auth=None).status_code",
        "    return moved, session.post(url + '/x', {'a': 1}, headers={'X-B': '2'}).json(), dict(session.cookies)",
    ]
    before, after = both(tmp_path, "\n".join(lines), server)

    assert after == before


CLAUSES = ("HTTPError", "ConnectionError", "Timeout", "RequestException")


@pytest.mark.parametrize("names", [CLAUSES, ("Timeout", *CLAUSES), (*CLAUSES[:2], "ReadTimeout", CLAUSES[3])])
@pytest.mark.parametrize("url", ["/404", "/drop", "/slow", "/broken", "/x", "http://127.0.0.1:1/", "nowhere"])
def test_the_same_clause_catches(server: str, tmp_path: Path, names: tuple[str, ...], url: str) -> None:
    clauses = "".join(f"except requests.exceptions.{name}:\n    return '{name}'\n" for name in names)
    address = f"url + '{url}'" if url.startswith("/") else f"'{url}'"
    body = f"answer = requests.get({address}, timeout=0.1)\n    answer.raise_for_status()\n    return answer.json()"
    before, after = both(tmp_path, f"try:\n    {body}\n{clauses}", server)

    assert after == before


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        ("requests.get(url + '/cookies')\nreturn requests.get(url + '/x').status_code", "", "a=1; b=2"),
        ("return requests.post(url + '/x', json={'a': 'é'}).status_code", '{"a": "\\u00e9"}', '{"a":"é"}'),
        (
            "return requests.post(url + '/x', files={'f': ('n.csv', b'1')}).status_code",
            'filename="n.csv"\r\n\r\n',
            'filename="n.csv"\r\nContent-Type: text/csv\r\n\r\n',
        ),
    ],
)
def test_differences_that_the_rule_declares(server: str, tmp_path: Path, body: str, old: str, new: str) -> None:
    (before, sent), (after, resent) = both(tmp_path, body, server)

    assert after == before
    told, retold = (
        str([dict(headers).get("cookie", ""), body.decode()]) for *_, headers, body in (sent[-1], resent[-1])
    )
    assert repr(old)[1:-1] in told
    assert repr(new)[1:-1] in retold
    assert told != retold


@pytest.mark.parametrize(
    ("path", "read", "old", "new"),
    [("/html", "text", "Ã©", "é"), ("/latin", "text", "é", "é"), ("/x", "encoding", None, "utf-8")],
)
def test_text_without_a_charset_is_read_as_utf_8(
    server: str, tmp_path: Path, path: str, read: str, old: object, new: object
) -> None:
    (before, _), (after, _) = both(tmp_path, f"return requests.get(url + '{path}').{read}", server)

    assert (before, after) == (old, new)
