"""The run-time contract: what the probe says of an application, in its own process, and how two answers differ."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litestar_fix.cli import main
from litestar_fix.errors import UsageError, VerificationError
from litestar_fix.proof import processes
from litestar_fix.proof.comparison import differences
from litestar_fix.proof.processes import PROBE, contract, environment, masked, stable_contract, variables
from tests.goldens import ROOT

BEEHIVES = """\
import functools
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from litestar import Controller, Litestar, get, post
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.dto import DataclassDTO, DTOConfig
from litestar.middleware import DefineMiddleware
from litestar.params import Parameter


@dataclass
class Hive:
    name: str
    weight: float
    keeper: str
    queen: str = "unknown"


class HiveDTO(DataclassDTO[Hive]):
    config = DTOConfig(exclude={"keeper", "queen"}, rename_strategy="upper")


def requires(role):
    def guard(connection, handler):
        return None

    return guard


class Signed:
    def __init__(self, key_of_signature, app=None, realm="apiary"):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def provide_scale(state: State) -> float:
    return 1.0


async def provide_ledger(scale: float):
    yield "ledger"


@functools.lru_cache
def provide_limits() -> dict[str, int]:
    return {}


class HiveController(Controller):
    path = "/hives"

    @staticmethod
    async def provide_smoker() -> str:
        return "smoke"

    tags = ["hives"]
    dependencies = {"scale": Provide(provide_scale, sync_to_thread=True), "ledger": Provide(provide_ledger)}
    dependencies |= {"limits": Provide(provide_limits, sync_to_thread=False), "smoker": Provide(provide_smoker)}
    return_dto = HiveDTO

    @get("/{number:int}", guards=[requires("keeper")], sync_to_thread=False)
    def show(self, number: int, ledger: str, unit: str = Parameter(header="X-Unit", default="kg")) -> Hive:
        return Hive("a", 1.0, "b")

    @post(guards=[requires("owner")], cache=False, status_code=202)
    async def weigh(self, data: Hive, limits: dict[str, int], smoker: str) -> Hive:
        return data


def create_app() -> Litestar:
    return Litestar(
        [HiveController],
        csrf_config=CSRFConfig(secret="honey-and-wax"),
        cors_config=CORSConfig(allow_origins=["https://a.example", "https://b.example"]),
        middleware=[
            DefineMiddleware(Signed, "royal-jelly"),
            DefineMiddleware(Signed, key_of_signature="royal-jelly", realm="second"),
        ],
        opt={"api_token": "pollen", "database": "postgresql://bee:nectar@localhost/hives", "exclude": {"x", "y", "z"}},
    )


made = functools.partial(create_app)
"""


@pytest.fixture
def apiary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "apiary"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'apiary'\n")
    (folder / "hives.py").write_text(BEEHIVES)
    (folder / "main.py").write_text("from hives import create_app\n\napp = create_app()\n")
    monkeypatch.chdir(folder)
    return folder


def of(folder: Path, app: str, **how: Any) -> dict[str, Any]:
    return contract(app, environment(folder, **{"python": sys.executable, "env_file": None, "timeout": 30.0, **how}))


def refused(folder: Path, app: str, **how: Any) -> str:
    with pytest.raises(VerificationError) as error:
        of(folder, app, **how)
    return str(error.value)


# ------------------------------------------------------------------------------------------------------ what it says
def test_a_route_with_everything_that_holds_on_it(apiary: Path) -> None:
    found = of(apiary, "main:app")
    shown, weighed = found["routes"]["GET /hives/{number:int}"], found["routes"]["POST /hives"]

    assert shown["handler"] == "hives:HiveController.show"
    assert shown["guards"] == [{"function": "hives:requires.<locals>.guard", "closure": {}}]
    assert shown["runs"] == "on the event loop"
    assert shown["dependencies"]["ledger"]["kind"] == "async generator"
    assert shown["dependencies"]["scale"]["kind"] == "in a thread"
    assert {key: fact["provider"] for key, fact in weighed["dependencies"].items()} == {
        "limits": "hives:provide_limits",
        "smoker": "hives:HiveController.provide_smoker",
    }
    assert sorted(shown["return_dto"]["fields"]) == ["name", "weight"]
    assert shown["return_dto"]["fields"]["name"]["wire"] == "NAME"
    assert (shown["dto"], weighed["dto"]) == (None, None)
    assert (weighed["status_code"], weighed["tags"]) == (202, ["hives"])
    assert {name: fact["kind"] for name, fact in shown["parameters"].items()} == {
        "number": "path",
        "ledger": "dependency",
        "unit": "header",
    }
    assert found["routes"]["OPTIONS /hives"]["automatic"]
    assert found["application"]["cors_config"]["allow_origins"] == ["https://a.example", "https://b.example"]
    assert "/hives/{number}" in found["openapi"]["paths"]


def test_guards_of_one_factory_are_told_apart(apiary: Path) -> None:
    (apiary / "hives.py").write_text(BEEHIVES.replace("return None", "return role and None"))

    found = of(apiary, "main:app")["routes"]

    roles = [found[route]["guards"][0]["closure"] for route in ("GET /hives/{number:int}", "POST /hives")]
    assert roles == [{"role": "keeper"}, {"role": "owner"}]


def test_no_secret_no_address_and_no_folder(apiary: Path) -> None:
    found = of(apiary, "main:app")
    text = json.dumps(found)

    for secret in ("honey-and-wax", "royal-jelly", "pollen", "nectar", str(apiary), sys.prefix):
        assert secret not in text, secret
    assert not re.search("0x[0-9a-f]{6}", text)
    first, second = found["routes"]["POST /hives"]["middleware"][-2:]
    assert first["arguments"]["key_of_signature"] == second["arguments"]["key_of_signature"]
    assert second["arguments"]["realm"] == "second"


def test_equal_for_all_hash_seeds(apiary: Path) -> None:
    def dumped(seed: str) -> bytes:
        return subprocess.run(
            [sys.executable, PROBE, "main:app"], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout

    assert dumped("1") == dumped("4711")
    assert apiary.is_dir()


@pytest.mark.parametrize("app", ["hives:create_app", "hives:create_app()", "hives:made", "main"])
def test_factories_give_the_same(apiary: Path, app: str) -> None:
    assert of(apiary, app) == of(apiary, "main:app")


def test_what_wraps_an_application_is_taken_off(apiary: Path) -> None:
    (apiary / "hives.py").write_text(BEEHIVES + "wrapped = Signed('', create_app())\n")

    assert of(apiary, "hives:wrapped")["routes"]


def test_nothing_of_ours_stands_in_the_way_of_the_projects_modules(apiary: Path) -> None:
    (apiary / "suite.py").write_text("from main import app\n")
    (apiary / "checks.py").write_text("from suite import app\n")

    assert of(apiary, "checks:app")["routes"]


def test_values_that_are_new_at_every_start_are_masked(apiary: Path) -> None:
    (apiary / "hives.py").write_text(BEEHIVES.replace('"exclude"', '"token": secrets.token_hex(), "exclude"'))
    where = environment(apiary, python=sys.executable, env_file=None, timeout=30)

    found = stable_contract("main:app", where)

    assert found["routes"]["POST /hives"]["opt"]["token"] == processes.VARIES
    assert not differences(found, of(apiary, "main:app"))
    assert masked({"a": [1, 2], "b": 1}, {"a": [1, 3]}) == {"a": [1, "<differs between runs>"], "b": processes.VARIES}


def test_the_probe_is_one_file_that_old_interpreters_can_read() -> None:
    tree = ast.parse(PROBE.read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported} - {*sys.stdlib_module_names} == {"litestar"}


# ------------------------------------------------------------------------------------------------ what can go wrong
@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import sys\nsys.exit(3)\n", "app:app does not start: exits while it is loaded, with 3 (app.py:2)"),
        ("import os\nos._exit(0)\n", "its process ends with exit code 0 before it answers"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "its process ends with signal 11"),
        ("def open_hive():\n    raise ValueError('bees\\nfly')\nopen_hive()\n", "ValueError: bees fly (app.py:2)"),
        ("import nectar_and_pollen\n", "ModuleNotFoundError: No module named 'nectar_and_pollen' (app.py:1)"),
        ("import litestar.nowhere\n", "No module named 'litestar.nowhere' (app.py:1)"),
        ("raise ImportError(\"No module named 'litestar'\")\n", "; --python names another interpreter than /"),
        ("x = 1\n", "app has no app"),
        ("app = 7\n", "app:app is no Litestar application but a int"),
        ("app = bytearray(6 * 1024**3)\n", "MemoryError (app.py:1)"),
        (
            "from litestar import Litestar, get\n@get()\nasync def f(): ...\napp = Litestar([f])\n",
            "ImproperlyConfigured",
        ),
    ],
)
def test_an_application_that_fails_is_one_line(tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "app.py").write_text(source)

    line = refused(tmp_path, "app:app")

    assert says in line
    assert "\n" not in line


def test_time_is_limited_with_all_that_was_started(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import subprocess\nsubprocess.run(['sleep', '60'])\n")
    started = time.monotonic()

    assert refused(tmp_path, "app:app", timeout=1.0) == "app:app does not start within 1 s"
    assert time.monotonic() - started < 20


def test_threads_of_the_application_do_not_keep_the_process(apiary: Path) -> None:
    late = "\nimport threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    (apiary / "hives.py").write_text(BEEHIVES + late)

    assert of(apiary, "main:app", timeout=20.0)["routes"]


def test_interpreters_and_variables_that_do_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "hive.env"
    file.write_text("# of the apiary\nexport HIVE='a b'  # the oldest\n\nQUEEN=none\nODD=it's\n")

    assert variables(file) == {"HIVE": "a b", "QUEEN": "none", "ODD": "it's"}
    file.write_text("HIVE\n")
    with pytest.raises(UsageError, match=r"hive\.env:1: not a line of the form NAME=value"):
        variables(file)
    with pytest.raises(UsageError, match=r"nowhere\.env: cannot be read"):
        variables(tmp_path / "nowhere.env")
    with pytest.raises(UsageError, match="no such interpreter or environment"):
        of(tmp_path, "app:app", python="nowhere/python")


def test_the_environment_of_the_project_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert processes.interpreter(None, tmp_path) == sys.executable

    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)

    assert processes.interpreter(None, tmp_path) == str(programs / "python")
    assert processes.interpreter(str(tmp_path / ".venv"), Path("elsewhere")) == str(programs / "python")


# ------------------------------------------------------------------------------------------------- the command line
Ended = tuple[int, str, str]


@pytest.fixture
def run(apiary: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    def call(*arguments: str) -> Ended:
        code = main(arguments)
        return (code, *capsys.readouterr())

    assert apiary.is_dir()
    return call


def test_contract_prints_nothing_but_json(run: Any, apiary: Path) -> None:
    (apiary / "hives.py").write_text("print('buzz')\nimport os\nos.system('echo buzz')\n" + BEEHIVES)
    (apiary / "hive.env").write_text("HIVE=1\n")

    code, out, err = run("contract", "main:app", "--python", sys.executable, "--env-file", "hive.env")

    assert (code, err) == (0, "")
    assert out.startswith("{\n")
    assert json.loads(out)["litestar"].startswith("2.")


def test_contract_of_what_fails_is_one_line_and_2(run: Any, apiary: Path) -> None:
    (apiary / "hives.py").write_text("print('buzz')\nraise SystemExit('swarmed')\n")

    code, out, err = run("contract", "main:app", "--python", sys.executable)

    assert (code, out) == (2, "")
    assert err == (
        "litestar-fix: error: main:app does not start: exits while it is loaded, with 'swarmed' (hives.py:2)\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "contract of what?"),
        (("diff", "a.json"), "give both"),
        (("a:b", "c:d"), "contract takes one application"),
        (("diff", "nowhere.json", "nowhere.json"), "nowhere.json: cannot be read: No such file"),
        (("diff", "hives.py", "hives.py"), "hives.py: not a contract"),
        (("diff", "list.json", "list.json"), "list.json: not a contract"),
    ],
)
def test_contract_says_what_it_takes(run: Any, apiary: Path, words: tuple[str, ...], says: str) -> None:
    (apiary / "list.json").write_text("[]")

    code, out, err = run("contract", *words)

    assert (code, out) == (2, "")
    assert says in err


def test_diff_names_route_and_field(run: Any, apiary: Path) -> None:
    before = of(apiary, "main:app")
    changed = BEEHIVES.replace(', guards=[requires("keeper")]', "").replace("status_code=202", "status_code=201")
    (apiary / "hives.py").write_text(changed.replace('path = "/hives"', 'path = "/hive"', 0))
    after = of(apiary, "main:app")
    after["routes"]["GET /new"] = after["routes"]["POST /hives"]
    for name, found in (("a.json", before), ("b.json", after)):
        (apiary / name).write_text(json.dumps(found))

    code, out, _ = run("contract", "diff", "a.json", "b.json")

    assert code == 1
    assert [line for line in out.splitlines() if not line.startswith("openapi")] == [
        'GET /hives/{number:int}: guards: [{"closure": {}, "function": "hives:requires.<locals>.guard"}] -> []',
        "GET /new: <absent> -> hives:HiveController.weigh",
        "POST /hives: status_code: 202 -> 201",
    ]
    assert run("contract", "diff", "a.json", "a.json") == (0, "", "")


def test_the_example_is_what_its_source_says() -> None:
    found = of(ROOT / "examples" / "booking-service", "booking.app:app")
    row = found["routes"]["POST /api/bookings/{booking_id:int}/calendar"]

    assert row["guards"] == ["booking.guards:requires_guest", "booking.guards:owns_booking"]
    assert row["dependencies"]["calendar"]["provider"] == "booking.providers:provide_calendar"
    assert row["exception_handlers"] == {"booking.errors:RoomTaken": "booking.errors:room_taken"}
