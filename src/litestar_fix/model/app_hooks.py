"""What ``on_app_init`` functions and plugins of the project make of an application's options.

Source: ``Litestar.__init__`` in ``litestar/app.py``, Litestar 2.25: first the functions of ``on_app_init``, then the
plugins in order, those included that are added while it goes on. Plain statements at the top level of a hook, and of
functions of the project that it hands the configuration to, are read in order. Anything else that touches an option
makes it unsure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from litestar_fix.model.app_config import OPTIONS, PLUGINS, AppConfig, Frame, method_above
from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Do,
    Expr,
    Function,
    Ref,
    Return,
    Seq,
    Span,
    Star,
    Stmt,
    Sub,
)
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements

_HOOKS = "on_app_init"
_PLAIN_BASES = frozenset(["CLIPlugin", "CLIPluginProtocol", "InitPlugin", "InitPluginProtocol", "OpenAPISchemaPlugin"])
_GROWING = frozenset({"append", "extend", "insert", "setdefault", "update"})
_DEPTH = 8
_MOST_PLUGINS = 200


def initialised(project: Project, options: Mapping[str, Located], names: frozenset[str] = OPTIONS) -> AppConfig:
    """Return an application's options after its hooks ran.

    Args:
        project: what it belongs to.
        options: the arguments of ``Litestar(...)``.
        names: the options that are followed.
    """
    config = AppConfig(options, names | {PLUGINS})
    if _HOOKS in options or PLUGINS in options:
        _Hooks(project, config).run(options.get(_HOOKS))
    return config


#: What a statement touches of the configuration: many applications of a project have the same plugins.
_touched: WeakKeyDictionary[Project, dict[tuple[str, Span, str], tuple[str, ...]]] = WeakKeyDictionary()


class _Hooks:
    """Runs the hooks of one application, as far as their text tells what they do."""

    def __init__(self, project: Project, config: AppConfig) -> None:
        self.project = project
        self.config = config

    def run(self, functions: Located | None) -> None:
        for item, is_sure in self._listed((functions,) if functions is not None else ()):
            self._perhaps(item, self._function, is_sure=is_sure)
        for done in range(_MOST_PLUGINS):
            plugins = list(self._listed(self.config.values.get(PLUGINS, ())))
            if done >= len(plugins):
                return
            item, is_sure = plugins[done]
            self._perhaps(item, self._plugin, is_sure=is_sure)
        self.config.lose_all()

    def _listed(self, parts: Iterable[Located]) -> Iterator[tuple[Located, bool]]:
        """Yield what lists hold, and whether it is sure that it is in them."""
        for part in parts:
            named = value_of(self.project, part) if isinstance(part.expr, Ref) else None
            here = named or part
            if not isinstance(here.expr, Seq):
                yield from self._perhaps_listed(part)
                continue
            for element in here.expr.items:
                if isinstance(element, Star):
                    yield from self._perhaps_listed(Located(here.path, here.scope, element.value))
                else:
                    yield Located(here.path, here.scope, element), True

    def _perhaps_listed(self, part: Located) -> Iterator[tuple[Located, bool]]:
        found = items(self.project, part)
        if not found.known:
            self.config.give_up()
        yield from ((item, found.known) for item in found.items)

    def _perhaps(self, item: Located, run: Callable[[Located], None], *, is_sure: bool) -> None:
        """Run a hook; what one changes that may not be there is not known."""
        before = None if is_sure else self.config.copy()
        run(item)
        if before is not None:
            self.config.doubt_since(before)

    def _function(self, item: Located) -> None:
        symbol = self.project.resolve_expr(item)
        function = self.project.function(symbol)
        if isinstance(symbol, Local) and function is not None and not function.owner:
            self._begin(symbol, function, None)
        else:
            self._instance(item, "__call__")

    def _plugin(self, item: Located) -> None:
        self._instance(item, _HOOKS)

    def _instance(self, item: Located, method: str) -> None:
        """Run the method of an instance that is made of a class of the project; others are not known."""
        class_ = self._class_of(item)
        if class_ is None:
            self.config.complete = False
            self.config.foreign.append(item)
            return
        ancestry = self.project.ancestry(class_)
        if not ancestry.known or not all(map(_is_plain, ancestry.externals)):
            self.config.give_up()
        symbol = self.project.member(class_, method)
        function = self.project.function(symbol)
        if symbol is None:
            return
        if function is None:
            self.config.lose_all()
            return
        self._begin(symbol, function, class_)

    def _class_of(self, item: Located) -> Local | None:
        found: Located | None = item
        for _ in range(_DEPTH):
            if found is None:
                return None
            if isinstance(found.expr, Call):
                symbol = self.project.resolve_expr(Located(found.path, found.scope, found.expr.func))
                if isinstance(symbol, Local) and self.project.class_(symbol) is not None:
                    return symbol
            found = value_of(self.project, found)
        return None

    # ------------------------------------------------------------------------------------------------------- functions
    def _begin(self, symbol: Local, function: Function, receiver: Local | None) -> None:
        params = function.params[1:] if receiver is not None else function.params
        if not params or function.decorators:
            self.config.lose_all()
            return
        self._run(Frame(symbol.path, function, params[0].name, {}, receiver, self.config.names), 0)

    def _run(self, frame: Frame, depth: int) -> None:
        function = frame.function
        if function.is_async or function.is_generator or depth > _DEPTH or self._is_captured(frame):
            self.config.lose_all()
            return
        for index, stmt in enumerate(function.body):
            if isinstance(stmt, Return):
                self._return(frame, stmt.value, depth)
                return
            exits = [inner for inner in statements((stmt,)) if isinstance(inner, Return)]
            if exits:
                if not all(inner.value is None or frame.is_config(inner.value) for inner in exits):
                    self.config.lose_all()
                for rest in function.body[index:]:
                    self._touch(frame, rest)
                return
            self._statement(frame, stmt, depth)

    def _is_captured(self, frame: Frame) -> bool:
        """Whether a function within it reads the configuration, and may do so whenever it is called."""
        inner = f"{frame.function.qualname}.<locals>."
        nested = [f for f in self.project.modules[frame.path].functions if f.qualname.startswith(inner)]
        return any(name.partition(".")[0] == frame.config for function in nested for name in function.names)

    def _return(self, frame: Frame, value: Expr | None, depth: int) -> None:
        match value:
            case None | Const(value=None):
                return
            case Call() if self._hands_over(frame, value):
                self._enter(frame, value, depth)
            case _ if not frame.is_config(value):
                self.config.lose_all()

    # ------------------------------------------------------------------------------------------------------ statements
    def _statement(self, frame: Frame, stmt: Stmt, depth: int) -> None:
        match stmt:
            case Do(value=Call() as call) if self._hands_over(frame, call):
                self._enter(frame, call, depth)
            case Assign(targets=(target,), value=Call() as call, op="=") if frame.is_config(
                target
            ) and self._hands_over(frame, call):
                self._enter(frame, call, depth)
            case Do(value=Call(func=Ref(name=name)) as call) if not frame.escapes((call,)) and all(frame.option(name)):
                option, method = frame.option(name)
                self._called(frame, option, method, call)
            case Assign(targets=(target,), value=value, op=op) if value is not None and not frame.escapes((value,)):
                if not self._assigned(frame, target, value, op):
                    self._touch(frame, stmt)
            case _:
                self._touch(frame, stmt)

    def _assigned(self, frame: Frame, target: Expr, value: Expr, op: str) -> bool:
        """Read ``config.option = value``, ``+=`` and ``config.option[key] = value``; tell whether it is one of them."""
        match target:
            case Sub(value=Ref(name=name), index=key) if op == "=":
                option, method = frame.option(name)
                if not option or method:
                    return False
                self.config.add(option, (frame.entry(key, value),))
                return True
            case Ref(name=name):
                option, method = frame.option(name)
                if not option or method or op not in ("=", "+=", "|="):
                    return False
                parts = frame.parts(value, option, self.config.values.get(option, ()))
                if op == "=":
                    self.config.replace(option, parts)
                else:
                    self.config.add(option, parts)
                return True
        return False

    def _called(self, frame: Frame, option: str, method: str, call: Call) -> None:
        before = self.config.values.get(option, ())
        match method, call.args, call.keywords:
            case _ if call.has_unpacking:
                self.config.lose(option)
            case "append", (item,), ():
                self.config.add(option, (frame.item(item),))
            case "insert", (Const(value=0), item), () if option != PLUGINS:
                self.config.add(option, (frame.item(item),), is_first=True)
            case "extend" | "update", (value,), ():
                self.config.add(option, frame.parts(value, option, before))
            case "update", (), _:
                self.config.add(option, frame.entries(call))
            case "setdefault", (key, value), ():
                self.config.add(option, (frame.entry(key, value),), is_first=True)
            case _:
                self.config.lose(option)

    def _touch(self, frame: Frame, stmt: Stmt) -> None:
        """Record what a statement that is not understood reads of the configuration, or sets."""
        known = _touched.setdefault(self.project, {})
        key = frame.path, stmt.span, frame.config
        if key not in known:
            known[key] = tuple(frame.touched(stmt))
        for name in known[key]:
            option, method = frame.option(".".join(name.split(".")[:3]))
            if name == frame.config:
                self.config.lose_all()
            elif option and method in _GROWING and name.count(".") == 2:
                self.config.unsure.add(option)
            elif option:
                self.config.lose(option)

    # ----------------------------------------------------------------------------------------------------- handing over
    def _hands_over(self, frame: Frame, call: Call) -> bool:
        """Whether the configuration is one of the arguments of a call, and occurs in no other way."""
        call = self._without_cast(frame, call)
        given = [*call.args, *[keyword.value for keyword in call.keywords]]
        others = [argument for argument in given if not frame.is_config(argument)]
        return len(others) == len(given) - 1 and not frame.escapes((call.func, *others))

    def _without_cast(self, frame: Frame, call: Call) -> Call:
        if self.project.external(frame.path, call, frame.function.qualname) == "typing.cast":
            inner = call.args[1] if len(call.args) > 1 else None
            return inner if isinstance(inner, Call) else call
        return call

    def _enter(self, frame: Frame, call: Call, depth: int) -> None:
        call = self._without_cast(frame, call)
        symbol, receiver = self._target(frame, call.func)
        function = self.project.function(symbol)
        if isinstance(symbol, External):
            if not _is_plain(symbol.name):
                self.config.complete = False
                self.config.foreign.append(frame.located(call.func))
        elif isinstance(symbol, Local) and function is not None and _is_understood(function, receiver):
            is_static = bool(function.decorators)
            inner = frame.entered(function, symbol.path, None if is_static else receiver, call)
            if inner is None:
                self.config.lose_all()
            else:
                self._run(inner, depth + 1)
        else:
            self.config.lose_all()

    def _target(self, frame: Frame, func: Expr) -> tuple[Local | External | None, Local | None]:
        """What is called, and the class of the ``self`` that it is called on."""
        match func:
            case Attr(value=Call(func=Ref(name="super"), args=()), attr=attr) if frame.receiver is not None:
                return method_above(self.project, frame, frame.receiver, attr), frame.receiver
            case Ref(name=name) if name.startswith("self.") and frame.receiver is not None:
                return self.project.member(frame.receiver, name.removeprefix("self.")), frame.receiver
            case Ref(name=name, span=span):
                root, dot, rest = name.partition(".")
                owner = frame.located(Ref(root, span))
                if not isinstance(owner.expr, Ref):
                    return None, None
                found = self.project.resolve_expr(
                    Located(owner.path, owner.scope, Ref(f"{owner.expr.name}{dot}{rest}", span))
                )
                if isinstance(found, Local | External):
                    return found, None
                return (self._maker(owner) if rest else None), None
        return None, None

    def _maker(self, owner: Located) -> External | None:
        """The class of a library that an object is made of, as in ``auth = JWTAuth(...)``."""
        made = value_of(self.project, owner)
        name = self.project.external(made.path, made.expr, made.scope) if made is not None else ""
        return External(name) if name and made is not None and isinstance(made.expr, Call) else None


def _is_plain(base: str) -> bool:
    """Whether a base class of a plugin has no say in an application's options."""
    module, _, name = base.rpartition(".")
    return module in ("typing", "abc") or (name in _PLAIN_BASES and module.startswith("litestar.plugins"))


def _is_understood(function: Function, receiver: Local | None) -> bool:
    names = [decorator.name for decorator in function.decorators if isinstance(decorator, Ref)]
    if len(names) != len(function.decorators) or set(names) - {"staticmethod"}:
        return False
    return receiver is not None or not function.owner or bool(names)
