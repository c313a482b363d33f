"""LSF502's table against the installed libraries, and shapes of code that its golden cases leave out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any

import httpx
import pytest
import requests

from litestar_fix.api import Run, fix
from litestar_fix.finding import State
from litestar_fix.http_clients import table
from litestar_fix.settings import Settings

RUN = Run(jobs=1, cache=False)


# ---------------------------------------------------------------------------------------------------- the libraries
class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def log_message(self, *args: Any) -> None:
        """Be quiet."""

    def answer(self) -> None:
        """Send what was asked."""
        length = int(self.headers.get("content-length") or 0)
        asked: dict[str, str | None] = {
            "method": self.command,
            "path": self.path,
            "body": self.rfile.read(length).decode(),
        }
        asked |= {name: self.headers.get(name) for name in ("content-type", "authorization", "cookie", "x-note")}
        body = b"" if self.command == "HEAD" else json.dumps(asked).encode()
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 503 if self.path == "/closed" else 200)
        if moved:
            self.send_header("Location", "/here")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
    setattr(Echo, f"do_{_method}", Echo.answer)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    echo = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=echo.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{echo.server_port}"
    echo.shutdown()
    echo.server_close()


@pytest.mark.parametrize(
    ("method", "old", "client", "new"),
    [
        ("GET", {"params": {"a": 1, "b": ["x y", "z"]}}, {}, {"params": {"a": 1, "b": ["x y", "z"]}}),
        ("POST", {"data": {"a": "1", "b": ["2", "3"]}}, {}, {"data": {"a": "1", "b": ["2", "3"]}}),
        ("POST", {"data": "raw"}, {}, {"content": "raw"}),
        ("POST", {"data": b"raw"}, {}, {"content": b"raw"}),
        ("GET", {"headers": {"X-Note": "n"}}, {}, {"headers": {"X-Note": "n"}}),
        ("GET", {"auth": ("user", "word")}, {}, {"auth": ("user", "word")}),
        ("GET", {"cookies": {"key": "v"}}, {"cookies": {"key": "v"}}, {}),
        ("GET", {"verify": False}, {"verify": False}, {}),
        ("GET", {"timeout": (3, 27)}, {}, {"timeout": httpx.Timeout(27, connect=3)}),
        ("DELETE", {"data": "raw"}, {}, {"content": "raw"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else value,
)
def test_a_server_sees_the_same_request(
    server: str, method: str, old: dict[str, Any], client: dict[str, Any], new: dict[str, Any]
) -> None:
    before = requests.request(method, f"{server}/x", **old)
    with httpx.Client(timeout=None, follow_redirects=True, **client) as http:
        after = http.request(method, f"{server}/x", **new)

    assert after.json() == before.json()


def test_json_bodies_differ_in_spaces_only(server: str) -> None:
    before = requests.post(server, json={"a": [1, "é"]}, timeout=5).json()
    after = httpx.post(server, json={"a": [1, "é"]}, timeout=5).json()

    assert json.loads(before.pop("body")) == json.loads(after.pop("body").encode().decode())
    assert before == after


@pytest.mark.parametrize("value", [None, True])
def test_fields_that_the_fix_refuses_do_differ(server: str, value: object) -> None:
    params: Any = {"a": value}
    before = requests.get(server, params=params, timeout=5).json()
    after = httpx.get(server, params=params, timeout=5).json()

    assert before["path"] != after["path"]


def test_httpx_replaces_the_query_of_the_url(server: str) -> None:
    assert requests.get(f"{server}/?a=1", params={"b": 2}, timeout=5).json()["path"] == "/?a=1&b=2"
    assert httpx.get(f"{server}/?a=1", params={"b": 2}, timeout=5).json()["path"] == "/?b=2"


def test_redirects_are_followed_by_all_methods_but_head(server: str) -> None:
    for verb in sorted(table.VERBS - {"request"}):
        answer = getattr(requests, verb)(f"{server}/moved", timeout=5)
        assert bool(answer.history) is (verb != "head")
    assert requests.request("HEAD", f"{server}/moved", timeout=5).history
    assert not httpx.get(f"{server}/moved", timeout=5).history


def test_a_redirect_that_is_not_followed_is_no_success_in_httpx(server: str) -> None:
    before = requests.get(f"{server}/moved", allow_redirects=False, timeout=5)
    after = httpx.get(f"{server}/moved", timeout=5)

    assert (before.ok, after.is_success) == (True, False)
    before.raise_for_status()
    with pytest.raises(httpx.HTTPStatusError):
        after.raise_for_status()


@pytest.mark.parametrize("path", ["/x", "/closed", "/moved"])
def test_attributes_have_the_same_values(server: str, path: str) -> None:
    before = requests.get(server + path, timeout=5)
    after = httpx.get(server + path, timeout=5, follow_redirects=True)

    for old, new in table.RESPONSE_RENAMED.items():
        assert getattr(before, old) == getattr(after, new)
    for name in ("content", "links", "status_code", "text"):
        assert getattr(before, name) == getattr(after, name)
    assert before.headers.get("Content-Length") == after.headers.get("Content-Length")
    assert before.url == str(after.url)
    assert before.json() == after.json()


def test_the_table_names_what_the_libraries_have(server: str) -> None:
    before, after = requests.get(server, timeout=5), httpx.get(server, timeout=5)
    known = table.RESPONSE_SAME | table.RESPONSE_TEXT | table.RESPONSE_DIFFERENT

    assert {name for name in known if not (hasattr(before, name) and hasattr(after, name))} == set()
    assert all(hasattr(before, old) and hasattr(after, new) for old, new in table.RESPONSE_RENAMED.items())
    assert all(hasattr(requests.Session(), name) and hasattr(httpx.AsyncClient(), name) for name in table.SESSION_SAME)
    assert all(httpx.codes[new] == getattr(requests.codes, old) for old, new in table.CODES.items())
    assert all(hasattr(httpx, name) for name in table.AUTH.values())


def test_bodiless_methods_are_those_without_content() -> None:
    with httpx.Client() as client:
        for verb in sorted(table.VERBS - {"request"}):
            takes = "content" in getattr(client, verb).__annotations__
            assert takes is (verb not in table.BODILESS)


def old_class(name: str) -> Any:
    return getattr(requests.exceptions, name.removeprefix("requests."))


def new_class(name: str) -> Any:
    return json.JSONDecodeError if name.startswith("json.") else getattr(httpx, name.removeprefix("httpx."))


def test_the_classes_of_errors_have_the_bases_that_the_table_says() -> None:
    named = {old_class(name): name for name in table.ERRORS}
    for name, (bases, new) in table.ERRORS.items():
        assert {named[base] for base in old_class(name).__mro__[1:] if base in named} == set(bases)
        known = {new_class(base) for base in [*table.BASES, "httpx.HTTPError"]}
        assert known & {*new_class(new).__mro__[1:]} == {new_class(base) for base in table.BASES.get(new, ())}
    assert all(old_class(name) for name in table.OTHER_ERRORS)


@pytest.mark.parametrize(
    ("url", "old", "new"),
    [
        ("http://127.0.0.1:1/", "requests.ConnectionError", "httpx.TransportError"),
        ("127.0.0.1", "requests.MissingSchema", "httpx.UnsupportedProtocol"),
        ("gopher://127.0.0.1", "requests.InvalidSchema", "httpx.UnsupportedProtocol"),
    ],
)
def test_the_same_trouble_raises_what_the_table_says(url: str, old: str, new: str) -> None:
    assert table.ERRORS[old][1] == new
    with pytest.raises(old_class(old)):
        requests.get(url, timeout=1)
    with pytest.raises(new_class(new)):
        httpx.get(url, timeout=1)


# ---------------------------------------------------------------------------------------------------------- shapes
def fixed(folder: Path, source: str, **others: str) -> str:
    """Return the body of a module after the fix; ``import`` lines and the signature of its function are left out."""
    text = "import requests\n\n\nasync def fetch(url, **given):\n" + dedent(source).strip("\n").replace("\n", "\n    ")
    (folder / "app.py").write_text(text.replace("fetch(url, **given):\n", "fetch(url, **given):\n    ") + "\n")
    for name, other in others.items():
        (folder / f"{name}.py").write_text(dedent(other))
    report = fix([folder], Settings(select=("LSF502",)), unsafe_fixes=True, root=folder, run=RUN)
    assert report.problems == ()
    assert {item.state for item in report.findings} <= {State.FIXED, State.REFUSED, State.REPORT}
    lines = (folder / "app.py").read_text().partition("fetch(url, **given):\n")[2]
    return dedent(lines)


def refusals(folder: Path, source: str, **others: str) -> list[str]:
    """Return why the calls in a module are not fixed."""
    (folder / "app.py").write_text(dedent(source))
    for name, other in others.items():
        (folder / f"{name}.py").write_text(dedent(other))
    report = fix([folder], Settings(select=("LSF502",)), unsafe_fixes=True, root=folder, run=RUN)
    assert report.problems == ()
    return [item.reason for item in report.findings]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """
            while (answer := requests.get(url)).status_code == 202:
                pass
            """,
            """
            async with CLIENT as client:
                while (answer := await client.get(url)).status_code == 202:
                    pass
            """,
        ),
        (
            """
            match url:
                case "a":
                    answer = requests.get(url)
                case _ if requests.head(url).text:
                    answer = requests.get(url)
            """,
            """
            async with CLIENT as client:
                match url:
                    case "a":
                        answer = await client.get(url)
                    case _ if (await client.head(url, follow_redirects=False)).text:
                        answer = await client.get(url)
            """,
        ),
        (
            "if url: answer = requests.get(url)",
            """
            if url:
                async with CLIENT as client:
                    answer = await client.get(url)
            """,
        ),
        (
            "both = requests.get(requests.get(url).text).reason",
            """
            async with CLIENT as client:
                both = (await client.get((await client.get(url)).text)).reason_phrase
            """,
        ),
        (
            "print(requests.get(url).url, str(requests.get(url).url))",
            """
            async with CLIENT as client:
                print(str((await client.get(url)).url), str((await client.get(url)).url))
            """,
        ),
        (
            """
            for page in url:
                yield requests.get(page).text
            """,
            """
            for page in url:
                async with CLIENT as client:
                    yield (await client.get(page)).text
            """,
        ),
        (
            """
            for key in url:
                requests.get(url, cookies={'key': key}, timeout=None)
            """,
            """
            for key in url:
                async with httpx.AsyncClient(
                    cookies={'key': key}, follow_redirects=True
                ) as client:
                    await client.get(url, timeout=None)
            """,
        ),
        (
            """
            try:
                requests.get(url)
            except requests.Timeout:
                requests.get(url)
            """,
            """
            try:
                async with CLIENT as client:
                    await client.get(url)
            except httpx.TimeoutException:
                async with CLIENT as client:
                    await client.get(url)
            """,
        ),
        (
            """
            answer = requests.get(url)
            try:
                answer.raise_for_status()
            except requests.HTTPError as error:
                print(error.response.reason)
            """,
            """
            async with CLIENT as client:
                answer = await client.get(url)
            try:
                answer.raise_for_status()
            except httpx.HTTPStatusError as error:
                print(error.response.reason_phrase)
            """,
        ),
        (
            """
            answer = requests.get(url)
            return lambda: answer.reason
            """,
            """
            async with CLIENT as client:
                answer = await client.get(url)
            return lambda: answer.reason_phrase
            """,
        ),
        (
            """
            answer = requests.get(url)
            print(answer.reason)
            answer = answer.ok and answer.json()
            return answer.ok
            """,
            """
            async with CLIENT as client:
                answer = await client.get(url)
            print(answer.reason_phrase)
            answer = answer.is_success and answer.json()
            return answer.ok
            """,
        ),
        (
            """
            answer = requests.get(url)
            print(answer.reason)
            answer = requests.post(url)
            return answer.reason
            """,
            """
            async with CLIENT as client:
                answer = await client.get(url)
                print(answer.reason_phrase)
                answer = await client.post(url)
            return answer.reason_phrase
            """,
        ),
        (
            """
            with requests.Session() as session:
                session.get(url)
                requests.get(url)
            """,
            """
            async with CLIENT as session:
                await session.get(url)
                async with CLIENT as client:
                    await client.get(url)
            """,
        ),
        (  # statements on one line, and comments at what goes
            """
            session = requests.Session(  # one for both
            ); first = 1
            held = session.get(url); session.close()  # done
            return held.text
            """,
            """
            # one for both
            async with httpx.AsyncClient(timeout=None, follow_redirects=True) as session:
                first = 1
                held = await session.get(url)
                # done
            return held.text
            """,
        ),
    ],
)
def test_other_shapes_are_translated(tmp_path: Path, before: str, after: str) -> None:
    wanted = dedent(after).strip("\n").replace("CLIENT", "httpx.AsyncClient(timeout=None, follow_redirects=True)")

    assert fixed(tmp_path, dedent(before)) == f"{wanted}\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x = 1; answer = requests.get(url)", "several statements stand on its line"),
        ("print(requests.get(url, verify=False).text, requests.get(url).text)", "it needs a client of its own"),
        ("[requests.get(url, cookies=key) for key in url]", "the response is used as a whole"),
        ("[requests.get(url, cookies=key).text for key in url]", "cookies= is not known where the client is made"),
        ("global answer\n    answer = requests.get(url)", "answer also holds something else"),
        ("answer = requests.get(url)\n    answer.hooks = {}", "httpx has no response.hooks"),
        (
            "try:\n        requests.get(url)\n    except requests.RetryError:\n        pass",
            "no counterpart of requests",
        ),
        (
            "answer = requests.get(url)\n    if url:\n        answer = answer.json()\n    print(answer)",
            "something else",
        ),
        (
            "try:\n        x = requests.get(url)\n        x = x.json()\n    except KeyError:\n        print(x.reason)",
            "something else",
        ),
        (
            "for one in url:\n        print(x.reason)\n        x = requests.get(one)\n        x = x.json()",
            "something else",
        ),
        ("with suppress(requests.Timeout):\n        requests.get(url)", "outside an except clause"),
        ("with requests.Session() as s:\n        f(s.get)\n        s.get(url)", "s.get is passed on"),
        ("with requests.Session() as s:\n        s.get(url, hooks={})\n        s.get(url)", "no hooks="),
        ("if url:\n        s = requests.Session()\n    s.get(url)", "outside the block that makes it"),
        ("s = requests.Session()\n    s.get(url)\n    yield s.get(url).text", "open over a yield"),
    ],
)
def test_other_shapes_are_refused(tmp_path: Path, body: str, reason: str) -> None:
    found = refusals(
        tmp_path, f"import requests\nfrom contextlib import suppress\n\nasync def fetch(url):\n    {body}\n"
    )

    assert found
    assert all(reason in item or "keeps s with requests" in item for item in found)


def test_exceptions_outside_clauses_concern_those_who_may_raise_or_catch_them(tmp_path: Path) -> None:
    source = """
        import backoff
        import requests

        class Closed(requests.HTTPError):
            pass

        @backoff.on_exception(backoff.expo, requests.Timeout)
        async def decorated(url):
            return await inner(url)

        async def inner(url):
            requests.get(url)

        async def asks(url):
            try:
                requests.get(url)
            except requests.RequestException as error:
                return isinstance(error, requests.Timeout)

        async def catches(url):
            try:
                if not requests.get(url).text:
                    raise Closed
            except requests.HTTPError:
                pass

        async def alone(url):
            requests.get(url)
            raise Closed
    """
    (tmp_path / "app.py").write_text(dedent(source))

    report = fix([tmp_path], Settings(select=("LSF502",)), unsafe_fixes=True, root=tmp_path, run=RUN)

    left = {
        item.message.partition(" in ")[2].partition(";")[0]: item.reason.partition(" ")[0] for item in report.findings
    }
    assert left == {"inner": "app.py:9", "asks": "app.py:20", "catches": "app.py:6", "alone": ""}


def test_a_url_that_is_put_together_many_times_takes_no_time(tmp_path: Path) -> None:
    steps = "    url = url + way\n    way = way + url\n" * 50
    source = f"import requests\n\nasync def fetch(url, way):\n{steps}    requests.get(url, params={{'a': way}})\n"

    assert refusals(tmp_path, source) == [""]


def test_coroutines_of_the_command_line_are_quiet(tmp_path: Path) -> None:
    source = """
        import asyncio
        import requests
        import typer

        cli = typer.Typer()

        async def inner(url):
            requests.get(url)

        async def main(url):
            await inner(url)

        @cli.command()
        async def refresh(url):
            await main(url)

        async def shared(url):
            requests.get(url)

        async def handler(url):
            await shared(url)

        def run():
            asyncio.run(main("x"))
            asyncio.run(shared("x"))
    """
    (tmp_path / "app.py").write_text(dedent(source))

    report = fix([tmp_path], Settings(select=("LSF502",)), root=tmp_path, run=RUN)

    assert ["in shared;" in item.message for item in report.findings] == [True]


def test_requests_leaves_the_manifest_only_with_its_last_import(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("litestar\nrequests\n")
    fixed(tmp_path, "requests.get(url)", other="import requests\n\nasync def g(url):\n    return requests.get(url)\n")
    assert (tmp_path / "requirements.txt").read_text() == "httpx\nlitestar\nrequests\n"

    fixed(tmp_path, "requests.get(url)", other="import requests\n\nasync def g(url):\n    requests.get(url)\n")
    assert (tmp_path / "requirements.txt").read_text() == "httpx\nlitestar\n"


def test_a_file_that_cannot_be_analysed_keeps_requests(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("litestar\nrequests\n")
    (tmp_path / "old.py").write_text("import requests\nprint 'python 2'\n")
    (tmp_path / "app.py").write_text("import requests\n\nasync def f(url):\n    requests.get(url)\n")

    fix([tmp_path], Settings(select=("LSF502",)), unsafe_fixes=True, root=tmp_path, run=RUN)

    assert (tmp_path / "requirements.txt").read_text() == "httpx\nlitestar\nrequests\n"


def test_the_nearest_manifest_is_meant(tmp_path: Path) -> None:
    for folder in ("api", "worker"):
        (tmp_path / folder / "src").mkdir(parents=True)
        (tmp_path / folder / "pyproject.toml").write_text('[project]\ndependencies = ["requests"]\n')
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["litestar"]\n')
    (tmp_path / "api" / "src" / "app.py").write_text("import requests\n\nasync def f(u):\n    requests.get(u)\n")

    fix([tmp_path], Settings(select=("LSF502",)), unsafe_fixes=True, root=tmp_path, run=RUN)

    assert (tmp_path / "api" / "pyproject.toml").read_text() == '[project]\ndependencies = ["httpx"]\n'
    assert (tmp_path / "worker" / "pyproject.toml").read_text() == '[project]\ndependencies = ["requests"]\n'
    assert (tmp_path / "pyproject.toml").read_text() == '[project]\ndependencies = ["litestar"]\n'
