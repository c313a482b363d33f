"""Constructs of Litestar applications that each set off a rule, and Python around them."""

from __future__ import annotations

from textwrap import indent

from hypothesis import strategies as st

from tests.properties.declarations import Declarations
from tests.properties.modules import Names, Part
from tests.properties.triggers import FUTURE, triggers


class Composer(Declarations):
    """Composes the parts of one module."""

    def __init__(self, draw: st.DrawFn, names: Names) -> None:
        super().__init__(draw, names)
        self._golden: set[str] = set()

    # ---------------------------------------------------------------------------------------------------- triggers
    def controller(self) -> Part:
        """A class whose handlers repeat an option (LSF101)."""
        n, use = self.number(), self.names
        guard = f"guard_{n}"
        repeated = [f"guards=[{guard}]"]
        repeated += [
            text
            for text in (
                f'tags=["t{n}"]',
                'opt={"public": True, **EXTRA}',
                "before_request=stamp",
                f'dependencies={{"d{n}": {use("litestar.di.Provide")}(amount)}}',
                "security=[] + MORE",
            )
            if self.one(False, True)
        ]
        handlers = []
        for index in range(self.some(3, 4)):
            verb = use(f"litestar.{self.one('get', 'post', 'put')}")
            own = [f'"/{index}"', *(["status_code=201"] if self.one(False, True) else [])]
            options = [own[0], *self.draw(st.permutations([*own[1:], *repeated]))]
            sync = self.one("async def", "async def", "def")
            handlers.append(
                f"@{verb}({', '.join(options)})\n"
                f"{sync} handle_{index}(self, number: int) -> int:\n"
                f"{indent(self.body(f'return number + {index}'), '    ')}\n"
            )
        head = self.one("", '"""What it is for."""\n', "tags = ['own']\n", "size = 1; path = '/x'\n", "guards = ()\n")
        if "guards" in head:
            head = ""
        path = "" if "path" in head else f'path = "/c{n}"\n'
        name = f"Controller{n}"
        body = indent("\n".join([head + path, *handlers]), "    ")
        code = (
            f"def {guard}(connection: object, handler: object) -> None:\n    pass\n\n\n"
            f"class {name}({use('litestar.Controller')}):\n{body}"
        )
        return Part(code, (name,))

    def provider(self) -> Part:
        """A provider that leaves a resource open (LSF202), registered in one of several ways (LSF204)."""
        n, use = self.number(), self.names
        kind = self.one("httpx.AsyncClient", "httpx.Client", "sqlalchemy.ext.asyncio.AsyncSession")
        made = f"{use(kind)}({self.one('', 'timeout=5') if 'httpx' in kind else ''})"
        sync = "async def" if "Async" in kind else self.one("async def", "def")
        body = self.one(
            f"return {made}",
            f"made = {made}\nreturn made",
            f'"""A fresh one."""\nmade = {made}\nmade.info = {{"n": {n}}}\nreturn made',
            f"if (wanted := {n}) > 0:\n    print(wanted)\nreturn {made}",
        )
        annotation = self.one(f" -> {use(kind)}", f' -> "{use(kind)}"', "")
        name = f"provide_{n}"
        code = f"{sync} {name}(){annotation}:\n{indent(body, '    ')}\n"
        registration = self.one("{provide}({name})", "{provide}({name}, sync_to_thread=False)", "{name}")
        return Part(code, (), ((name, registration),))

    def sync_handler(self) -> Part:
        """A handler or provider that does not say where it runs (LSF204)."""
        n, use = self.number(), self.names
        verb = use(f"litestar.{self.one('get', 'post', 'delete')}")
        provided = self.one("", f"{use('litestar.di.Provide')}(amount)", "amount", "lambda: 1")
        given = self.one("", f', name="h{n}"', ', media_type="text/plain", tags=["a", "b"]', f', **{{"name": "h{n}"}}')
        extra = f', dependencies={{"amount_{n}": {provided}}}' if provided else ""
        sync = self.one("def", "def", "async def")
        thread = ", sync_to_thread=True" if sync == "async def" and self.one(False, True) else ""
        body = self.body(f'return "{n}"')
        code = f'@{verb}("/h{n}"{given}{extra}{thread})\n{sync} handler_{n}() -> str:\n{indent(body, "    ")}\n'
        return Part(code, (f"handler_{n}",))

    def model(self) -> Part:
        """A model with a field that is to stay secret, and a handler that sends it (LSF302)."""
        n, use = self.number(), self.names
        secret = self.one("password_hash", "api_key", "internal_notes")
        head = self.one(
            f"@{use('dataclasses.dataclass')}\nclass Model{n}",
            f"@{use('dataclasses.dataclass')}(\n    frozen=True,\n)\nclass Model{n}",
            f"class Model{n}({use('msgspec.Struct')})",
            f"class Model{n}({use('pydantic.BaseModel')})",
        )
        model = f'{head}:\n    name: str\n    {secret}: str = ""\n    size: int = {n}\n'
        base = use("litestar.dto.DataclassDTO" if "dataclass" in head else "litestar.dto.MsgspecDTO")
        config = use("litestar.dto.DTOConfig")
        dto = self.one("", "", "class", "beside") if "BaseModel" not in head else ""
        options = ""
        if dto == "class":
            written = f"\n\nclass Dto{n}({base}[Model{n}]):\n    config = {config}(exclude={{'size'}})\n"
            options = f", return_dto=Dto{n}"
        elif dto == "beside":
            arguments = self.one("", "rename_strategy='camel'", "exclude={'size',}")
            annotated = f"{use('typing.Annotated')}[Model{n}, {config}({arguments})]"
            written = f"\n\nDto{n} = {base}[{annotated}]\n"
            options = f", return_dto=Dto{n}"
        else:
            written = ""
        shape = self.one(f"Model{n}", f"list[Model{n}]", f"Model{n} | None", f'"Model{n}"')
        value = f'[Model{n}(name="a")]' if "list" in shape else f'Model{n}(name="a")'
        verb = use(f"litestar.{self.one('get', 'patch')}")
        code = f'{model}{written}\n\n@{verb}("/m{n}"{options})\nasync def send_{n}() -> {shape}:\n    return {value}\n'
        return Part(code, (f"send_{n}",))

    def fetch(self) -> Part:
        """A coroutine function that calls requests (LSF502)."""
        n, use = self.number(), self.names
        get, post = use("requests.get"), use("requests.post")
        error = use("requests.RequestException")
        body = self.one(
            f"answer = {get}(URL, timeout=5)\nreturn answer.text\n",
            f'return {get}(URL, params={{"q": {n}}}, allow_redirects=False).text\n',
            f'first = {get}(URL)\nsecond = {post}(URL, json={{"a": first.text}})\nreturn second.text\n',
            f"if (answer := {get}(URL)).ok:\n    return answer.text\nreturn ''\n",
            f"try:\n    answer = {get}(URL, timeout=(1, 2))\nexcept {error} as error:\n    return str(error)\n"
            "else:\n    return answer.text\nfinally:\n    print()\n",
            f"with {use('requests.Session')}() as session:\n    session.headers['a'] = 'b'\n"
            "    return session.get(URL).text\n",
            f"session = {use('requests.Session')}()\nanswer = session.get(URL)\nsession.close()\nreturn answer.text\n",
            f"match {get}(URL).status_code:\n    case 200 | 201 as code:\n        return str(code)\n"
            f"    case _:\n        pass\nreturn ''\n",
            f"texts = [{get}(URL).text for _ in range(2)]\nreturn texts[0]\n",
            f'def inner() -> int:\n    return 1\n\nreturn f"{{inner()}} {{{get}(URL).text!r}}"\n',
            f"for _ in range(3):\n    {post}(URL, data={{}}, headers=HEADERS)\nreturn ''\n",
            f"async with OPEN as gate:\n    answer = {get}(URL)\n    gate.note(answer.status_code)\n"
            "return answer.text\n",
        )
        name = f"fetch_{n}"
        code = f'@{use("litestar.get")}("/f{n}")\nasync def {name}() -> str:\n{indent(body, "    ")}'
        return Part(code, (name,))

    def raises(self) -> Part:
        """A function that raises the generic exception (LSF603)."""
        n, use = self.number(), self.names
        generic = use("litestar.exceptions.HTTPException")
        status = self.one("404", use("litestar.status_codes.HTTP_403_FORBIDDEN"), "400", "503", "409")
        arguments = self.draw(
            st.permutations([f"status_code={status}", *(['extra={"n": 1}'] if self.one(False, True) else [])])
        )
        detail = self.one([], ['"not here"'], ['detail=f"{n} is not here"'])
        call = f"{generic}({', '.join([*detail, *arguments])})"
        body = self.one(
            f"raise {call}\n",
            f"if n:\n    raise {call}\nreturn n\n",
            f"try:\n    return int(n)\nexcept ValueError as error:\n    raise {call} from error\n",
            f"match n:\n    case 0:\n        raise {call}\n    case _:\n        return n\n",
            f"def inner() -> int:\n    raise {call}\n\nreturn inner()\n",
            f"try:\n    raise {call}\nexcept {use('litestar.exceptions.NotFoundException')}:\n    return 0\n",
            f"with open(str(n)) as file:\n    raise {call}\n",
        )
        verb = use("litestar.get")
        code = f'@{verb}("/r{n}")\nasync def raise_{n}(n: int) -> int:\n{indent(body, "    ")}'
        return Part(code, (f"raise_{n}",))

    def mixed(self) -> Part:
        """A class on whose handlers all rules meet."""
        n, use = self.number(), self.names
        get, generic = use("litestar.get"), use("litestar.exceptions.HTTPException")
        options = self.one("", ", tags=['x']", ", tags=['x'], opt={'a': 1}")
        fetch = self.one(f"return Secret{n}({use('requests.get')}(URL).text)", f"return Secret{n}('a')")
        raised = self.one(f"raise {generic}(status_code=404)", f"return Secret{n}('b')")
        code = (
            f"@{use('dataclasses.dataclass')}\nclass Secret{n}:\n    password: str\n    size: int = 1\n\n\n"
            f"async def open_{n}() -> {use('httpx.AsyncClient')}:\n    return {use('httpx.AsyncClient')}()\n\n\n"
            f"class Mixed{n}({use('litestar.Controller')}):\n"
            f'    path = "/x{n}"\n'
            f"    dependencies = {{'client': {use('litestar.di.Provide')}(open_{n}), 'amount': total_{n}}}\n\n"
            f'    @{get}("/a"{options})\n    async def first(self) -> Secret{n}:\n        {fetch}\n\n'
            f'    @{get}("/b"{options})\n    def second(self, amount: int) -> list[Secret{n}]:\n        {raised}\n\n'
            f'    @{get}("/c"{options})\n    async def third(self) -> Secret{n} | None:\n'
            f"        try:\n            {fetch}\n        except ValueError:\n            {raised}\n"
        )
        return Part(f"def total_{n}() -> int:\n    return 1\n\n\n{code}", (f"Mixed{n}",))

    def golden(self) -> Part:
        """What sets off any of the rules, with an application of its own."""
        trigger = self.one(*triggers().values())
        if trigger.code in self._golden:
            return self.noise()
        self._golden.add(trigger.code)
        self.names.lines |= dict.fromkeys(line for line in trigger.imports if line != FUTURE)
        return Part(trigger.body, beside=trigger.beside)

    # ---------------------------------------------------------------------------------------------------- around it
    def body(self, last: str) -> str:
        """A body that ends with a statement."""
        first = self.one(
            "",
            '"""What it does."""\n',
            "a = 1; b = 2\n",
            "def inner(x: int = 1, /, *args: int, **rest: int) -> int:\n    return x\n\n",
            "if (found := 3) > 2:\n    pass\n",
            "match 1:\n    case int() | str():\n        pass\n    case {'a': [1, *_]}:\n        pass\n",
        )
        return f"{first}{last}\n"

    def noise(self) -> Part:
        """Python that no rule is about."""
        n = self.number()
        return Part(
            self.one(
                f"LIMIT_{n} = 10; OTHER_{n} = 20\n",
                f'TEXT_{n} = """# no comment\n    {{}}\n"""\n',
                f"Alias{n} = dict[str, list[int]]\n",
                f"class Plain{n}: x = 1\n",
                f"if LIMIT:\n    WIDTH_{n} = 1\nelse:\n    WIDTH_{n} = 2\n",
                f"def wrap_{n}(function):\n    def inner(*args, **kwargs):\n        return function(*args, **kwargs)\n"
                "    return inner\n",
                f"async def walk_{n}(items):\n    return [(y := x) async for x in items if x]\n",
                f"try:\n    VALUE_{n} = int('1')\nexcept* ValueError:\n    VALUE_{n} = 0\n",
                f"def generate_{n}():\n    x = yield\n    del x\n    global LIMIT\n"
                "    LIMIT = lambda *a, b=1: (a, b)\n",
                "assert LIMIT, f'{LIMIT!r:>{LIMIT}}'\n",
            )
        )

    def part(self) -> Part:
        """Any of them."""
        kinds = (
            self.controller,
            self.provider,
            self.sync_handler,
            self.model,
            self.fetch,
            self.raises,
            self.mixed,
            self.layered,
            self.misspelt,
            self.generator,
            self.marked,
            self.bare,
            self.noise,
            *[self.golden] * 6,
        )
        return self.one(*kinds)()
