"""What the messages about layers and providers claim is what Litestar does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answering import answers
from tests.goldens import AFTER, BEFORE

GENERATORS = "broken_generator_provider"


@pytest.mark.parametrize(
    ("case", "request_line", "body"),
    [
        ("example", "POST /beds/3", "3"),
        ("real_code_shapes", "GET /boards/7", "7 True"),
        ("provider_in_another_module", "POST /samples/iron", "4"),
    ],
)
def test_what_a_context_manager_yields_arrives_without_the_decorator(case: str, request_line: str, body: str) -> None:
    before = answers(BEFORE / GENERATORS / case, request_line)
    after = answers(AFTER / GENERATORS / case, request_line)

    assert before[0][0] == 500
    assert after[0][0] in (200, 201)
    assert after[0][1] == body


def test_the_handler_is_given_the_context_manager_itself(tmp_path: Path) -> None:
    source = (BEFORE / GENERATORS / "example" / "app.py").read_text("utf-8")
    loose = source.replace("valve: Valve) -> int", "valve: object) -> str").replace(
        "valve.pour(litres)", "type(valve).__name__"
    )
    (tmp_path / "app.py").write_text(loose, "utf-8")

    assert answers(tmp_path, "POST /beds/3") == [(201, "_AsyncGeneratorContextManager")]


def test_bound_arguments_of_partials_are_not_used() -> None:
    folder = BEFORE / GENERATORS / "partials_of_generators_and_bound_arguments"

    assert [status for status, _ in answers(folder, "GET /")] == [500]


def test_bound_keywords_come_from_the_request(tmp_path: Path) -> None:
    source = (BEFORE / GENERATORS / "partials_of_generators_and_bound_arguments" / "app.py").read_text("utf-8")
    (tmp_path / "app.py").write_text(source.replace('partial(rate_of, "SEK")', "rate_of"), "utf-8")

    (_, plain), (_, chosen) = answers(tmp_path, "GET /", "GET /?currency=GBP&shelf=9")

    assert plain.startswith("<async_generator object open_till")
    assert plain.endswith("EUR 1.10 EUR 1.10 1 EUR 1.10")
    assert chosen.endswith("GBP 1.10 GBP 1.10 9 GBP 1.10")


@pytest.mark.parametrize("provider", ["provide_cards", "provide_loans", "provide_fines", "provide_readers"])
def test_sqlite_refuses_to_be_closed_in_another_thread(tmp_path: Path, provider: str) -> None:
    source = (BEFORE / GENERATORS / "sqlite_closed_in_another_thread" / "app.py").read_text("utf-8")
    others = ("provide_cards", "provide_loans", "provide_fines", "provide_readers")
    for other in others:
        if other != provider:
            source = source.replace(f'": {other}', '": lambda: sqlite3.connect(":memory:")')
            source = source.replace(f"Provide({other})", 'Provide(lambda: sqlite3.connect(":memory:"))')
    (tmp_path / "app.py").write_text(source, "utf-8")

    assert [status for status, _ in answers(tmp_path, "GET /cards")] == [500]


def test_connections_that_may_change_threads_are_closed() -> None:
    folder = BEFORE / GENERATORS / "noop_sqlite_that_may_change_threads"

    assert answers(folder, "GET /recipes") == [(200, "6")]


def test_exchanged_exceptions_are_answered_with_500(tmp_path: Path) -> None:
    source = (BEFORE / GENERATORS / "except_raises_another" / "app.py").read_text("utf-8")
    for name in ("price", "clerk"):
        source = source.replace(f'"{name}": Provide(provide_{name})', f'"{name}": Provide(lambda: "free")')
    (tmp_path / "app.py").write_text(source.replace("price: int", "price: str"), "utf-8")

    assert answers(tmp_path, "POST /seats/B2")[0] == (201, "B2 free free")
    assert answers(tmp_path, "POST /seats/A1")[0][0] == 500


# what blocks answers with the name of its thread
IN_THREADS = """

import threading

class Done:
    @property
    def stdout(self) -> str:
        return threading.current_thread().name

subprocess.run = lambda *_, **__: Done()

class Menu(type(MENU)):
    def read_text(self, *_: object) -> str:
        return threading.current_thread().name

MENU = Menu(__file__)

@get("/loop")
async def read_loop() -> str:
    return threading.current_thread().name

app.register(read_loop)
"""


@pytest.mark.parametrize("root", [BEFORE, AFTER])
def test_blocking_callables_leave_the_event_loop(tmp_path: Path, root: Path) -> None:
    source = (root / "blocking_dependency" / "example" / "app.py").read_text("utf-8")
    (tmp_path / "app.py").write_text(source + IN_THREADS, "utf-8")

    loop, handler, provider = answers(tmp_path, "GET /loop", "POST /receipts", "GET /dishes")

    assert (handler[0], provider[0]) == (201, 200)
    assert (handler[1] == loop[1]) is (root == BEFORE)
    assert (provider[1] == f'["{loop[1]}"]') is (root == BEFORE)


def test_generators_block_the_event_loop_up_to_their_yield(tmp_path: Path) -> None:
    source = (BEFORE / "blocking_dependency" / "refuse_generators" / "app.py").read_text("utf-8")
    named = source.replace('return "running"', "return threading.current_thread().name").replace(
        "import time\n", "import threading\nimport time\n"
    )
    loop = '@get("/lift", sync_to_thread=False)'
    handler = f"{loop}\ndef read_loop(engine: str) -> bool:\n    return engine == threading.current_thread().name\n\n\n"
    named = named.replace(loop, handler + loop.replace("/lift", "/other")).replace(
        "[read_lift]", "[read_loop, read_lift]"
    )
    (tmp_path / "app.py").write_text(named, "utf-8")

    assert answers(tmp_path, "GET /lift") == [(200, "true")]


@pytest.mark.parametrize(("root", "times"), [(BEFORE, 2), (AFTER, 1)])
def test_guards_of_two_layers_run_twice(tmp_path: Path, root: Path, times: int) -> None:
    source = (root / "redundant_layer_config" / "example" / "app.py").read_text("utf-8")
    counted = source.replace('    connection.headers["badge"]', "    runs.append(connection.url.path)")
    counted = counted.replace('return "1849"', "return str(len(runs))").replace(
        "def requires", "runs = []\n\n\ndef requires", 1
    )
    (tmp_path / "app.py").write_text(counted, "utf-8")

    assert answers(tmp_path, "POST /letters") == [(201, str(times))]


def test_a_misspelt_guard_lets_everybody_in() -> None:
    folder = Path("ineffective_option") / "example"

    before = answers(BEFORE / folder, "GET /gold", "POST /coins")
    after = answers(AFTER / folder, "GET /gold", "POST /coins")

    assert [status for status, _ in before] == [200, 201]
    assert [status for status, _ in after] == [401, 202]


def test_a_provider_of_two_layers_keeps_the_application_from_starting() -> None:
    case = Path("redundant_layer_config") / "dependencies_of_two_layers"

    assert answers(AFTER / case, "GET /songs", "GET /songs/loud") == [(200, "G church"), (200, "G")]


def test_what_requests_change_in_a_module_is_seen_by_all_of_them() -> None:
    folder = BEFORE / "mutable_global_state" / "real_code_shapes"

    assert [body for _, body in answers(folder, *["POST /boats/Star?s=9"] * 2, "POST /boats/Finn?s=8")] == [
        "1",
        "1",
        "2",
    ]
