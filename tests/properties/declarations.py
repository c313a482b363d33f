"""Constructs that declare something twice, wrongly or not at all: options, providers, DTOs, paths, annotations."""

from __future__ import annotations

from textwrap import indent

from tests.properties.modules import Drawing, Part


class Declarations(Drawing):
    """Composes the parts of a module that declare something twice, wrongly, or not at all."""

    def layered(self) -> Part:
        """A controller whose handlers set again what it sets (LSF103)."""
        n, use = self.number(), self.names
        option = self.one('tags=["t"]', "status_code=202", "before_request=stamp", "guards=[watch]", 'opt={"a": 1}')
        name, _, value = option.partition("=")
        if name == "status_code":
            name, option, value = "include_in_schema", "include_in_schema=False", "False"
        handlers = "\n".join(
            f'@{use(f"litestar.{verb}")}("/{index}", {self.one(option, option, f"name={index!r}, {option}")})\n'
            f"async def take_{index}(self) -> None:\n    return None\n"
            for index, verb in enumerate(("post", "put")[: self.some(1, 2)])
        )
        body = f'path = "/l{n}"\n{name} = {value}\n\n{handlers}'.replace("watch", f"watch_{n}")
        code = (
            f"def watch_{n}(connection: object, handler: object) -> None:\n    pass\n\n\n"
            f"class Layered{n}({use('litestar.Controller')}):\n{indent(body, '    ')}"
        )
        return Part(code, (f"Layered{n}",))

    def misspelt(self) -> Part:
        """A keyword that is no option, or a class attribute that only handlers have (LSF104)."""
        n, use = self.number(), self.names
        keyword = self.one("tagz=['a']", "sumary='what it is'", "opt={'x': 1}, gaurds=[]", "response_header=[]")
        attribute = self.one("", "status_code = 202\n", 'summary = "all"\n')
        verb = use(f"litestar.{self.one('get', 'post')}")
        body = f'path = "/o{n}"\n{attribute}\n@{verb}("/", {keyword})\nasync def see(self) -> str:\n    return ""\n'
        code = f"class Misspelt{n}({use('litestar.Controller')}):\n{indent(body, '    ')}"
        return Part(code, (f"Misspelt{n}",))

    def generator(self) -> Part:
        """A provider that is a generator behind a decorator (LSF209), or one that blocks (LSF205)."""
        n, use = self.number(), self.names
        name = f"give_{n}"
        if self.one(True, False):
            decorator = use("contextlib.asynccontextmanager")
            made = use("collections.abc.AsyncIterator")
            code = f"@{decorator}\nasync def {name}() -> {made}[int]:\n    yield {n}\n"
        else:
            read = self.one(f'{use("pathlib.Path")}("a").read_text()', f"str({use('time.sleep')}(1))")
            code = f"def {name}() -> str:\n    return {read}\n"
        given = self.one("{provide}({name})", "{provide}({name}, use_cache=False)", "{name}")
        registered = given.format(provide=use("litestar.di.Provide") if "{provide}" in given else "", name=name)
        handler = (
            f'@{use("litestar.get")}("/g{n}", dependencies={{"{name}": {registered}}})\n'
            f"async def take_{name}({name}: {self.one('int', 'object')}) -> str:\n    return str({name})\n"
        )
        return Part(f"{code}\n\n{handler}", (f"take_{name}",))

    def marked(self) -> Part:
        """A model whose marks Litestar ignores (LSF308), and a DTO that names no field (LSF309)."""
        n, use = self.number(), self.names
        field, mark = use("litestar.dto.DTOField"), use("litestar.dto.dto_field")
        written = self.one(f"{field}(mark='private')", f"{mark}('read-only')", f"{use('litestar.dto.Mark')}.PRIVATE")
        excluded = self.one('exclude={"ownNote"}', 'exclude={"own_note", "agee"}', 'rename_fields={"ownNot": "n"}')
        config = f"{use('litestar.dto.DTOConfig')}({excluded}{self.one('', ', rename_strategy=' + repr('camel'))})"
        code = (
            f"@{use('dataclasses.dataclass')}\nclass Marked{n}:\n    own_note: str\n"
            f"    age: {use('typing.Annotated')}[int, {self.one('', '1, ')}{written}]\n\n\n"
            f"class Dto{n}({use('litestar.dto.DataclassDTO')}[Marked{n}]):\n    config = {config}\n\n\n"
            f'@{use("litestar.post")}("/d{n}", dto=Dto{n}, return_dto=Dto{n})\n'
            f"async def keep_{n}(data: Marked{n}) -> Marked{n}:\n    return data\n"
        )
        return Part(code, (f"keep_{n}",))

    def bare(self) -> Part:
        """A handler without annotations (LSF404), with a path whose parameter has no converter (LSF407)."""
        n, use = self.number(), self.names
        path = self.one(f"/b{n}/{{key}}", f"/b{n}/{{key:uuid}}", f"/b{n}/{{key:int}}")
        kind = self.one("", f": {use('uuid.UUID')}", ": int", ": str")
        returned = self.one("", " -> None")
        code = (
            f'@{use("litestar.delete")}("{path}")\n'
            f"async def remove_{n}(key{kind}, mode: str = 'a'){returned}:\n    print(key, mode)\n"
        )
        return Part(code, (f"remove_{n}",))
