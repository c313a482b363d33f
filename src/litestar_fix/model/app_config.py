"""The options of an application while its hooks change them, and the calls in which they are handed on.

The names here are those of ``litestar.config.app.AppConfig``, Litestar 2.25.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from litestar_fix.model.evaluate import MUTATORS
from litestar_fix.model.facts import Assign, Call, Const, Dict, Expr, Function, Op, Other, Ref, Seq, Star, Stmt, Sub
from litestar_fix.model.names import LAYERED_OPTIONS, OUTER_OPTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import expressions, statements, subexpressions

PLUGINS = "plugins"
_WITHOUT_EFFECT = frozenset({"request_max_body_size"})  # Litestar 2.25 takes the argument, not what hooks make of it
#: What a hook can change that counts for routes.
OPTIONS = LAYERED_OPTIONS | OUTER_OPTIONS | {"path", "route_handlers", PLUGINS}


class AppConfig:
    """The options of one application.

    ``values`` are the expressions that each consists of, ``changed`` the options that a hook set or added to,
    ``unsure`` those that a hook may change in another way. ``complete`` is False where code outside of the project has
    a say: in ``foreign``, hooks and plugins that are made of a class of a library, or elsewhere (``is_opaque``).

    Args:
        options: the arguments of ``Litestar(...)``.
        names: the options that are followed.
    """

    def __init__(self, options: Mapping[str, Located], names: frozenset[str] = OPTIONS) -> None:
        self.names = names
        self.values: dict[str, tuple[Located, ...]] = {
            name: (value,) for name, value in options.items() if name in names
        }
        self.foreign: list[Located] = []
        self.is_opaque = False
        self.changed: set[str] = set()
        self.unsure: set[str] = set()
        self.complete = True

    def replace(self, option: str, parts: Iterable[Located]) -> None:
        """Set an option; the plugins that run are still those of the former list."""
        if option == PLUGINS:
            self.give_up()
            return
        if option in _WITHOUT_EFFECT:
            self.lose(option)
            return
        self.values[option] = tuple(parts)
        self.changed.add(option)

    def add(self, option: str, parts: Iterable[Located], *, is_first: bool = False) -> None:
        """Add to an option, at its end or before everything else."""
        here = self.values.get(option, ())
        self.values[option] = (*parts, *here) if is_first else (*here, *parts)
        self.changed.add(option)

    def lose(self, option: str) -> None:
        """Record that nothing is known of an option any longer; plugins that were listed run all the same."""
        if option == PLUGINS:
            self.give_up()
            return
        self.values.pop(option, None)
        self.changed.add(option)
        self.unsure.add(option)

    def give_up(self) -> None:
        """Record that code which cannot be seen has a say."""
        self.complete = False
        self.is_opaque = True

    def copy(self) -> AppConfig:
        """Return the same state in an object of its own."""
        made = AppConfig({}, self.names)
        made.values, made.changed, made.unsure = dict(self.values), set(self.changed), set(self.unsure)
        made.complete = self.complete
        return made

    def doubt_since(self, before: AppConfig) -> None:
        """Return to a former state: what differs now is unsure."""
        differing = {name for name in self.names if self.values.get(name) != before.values.get(name)}
        if PLUGINS in differing:
            self.give_up()
        self.values = before.values
        self.changed |= differing
        self.unsure |= differing

    def lose_all(self) -> None:
        """Record that any option may change, though what was declared is likely to stay."""
        self.unsure |= self.names


class Frame(msgspec.Struct, frozen=True):
    """A function of the project that is handed the configuration.

    Args:
        path: its file.
        function: its facts.
        config: the parameter that is the configuration.
        given: what other parameters stand for.
        receiver: the class of its ``self``; None for a plain function.
        names: the options that are followed.
    """

    path: str
    function: Function
    config: str
    given: Mapping[str, Located]
    receiver: Local | None
    names: frozenset[str] = OPTIONS

    def located(self, expr: Expr) -> Located:
        """An expression of the body; for a parameter or an attribute of one, what it stands for."""
        if isinstance(expr, Ref):
            root, dot, rest = expr.name.partition(".")
            given = self.given.get(root)
            if given is not None and not dot:
                return given
            if given is not None and isinstance(given.expr, Ref):
                return Located(given.path, given.scope, Ref(f"{given.expr.name}.{rest}", given.expr.span))
        if isinstance(expr, Call) and not expr.args and not expr.keywords:
            called = self.located(expr.func)
            return Located(called.path, called.scope, Call(called.expr, (), (), called.expr.span))
        return Located(self.path, self.function.qualname, expr)

    def option(self, name: str) -> tuple[str, str]:
        """Split ``config.option`` or ``config.option.method``; ('', '') for any other name."""
        config, _, rest = name.partition(".")
        option, _, method = rest.partition(".")
        return (option, method) if config == self.config and option in self.names and "." not in method else ("", "")

    def is_config(self, expr: Expr) -> bool:
        """Whether an expression is the configuration as a whole."""
        return isinstance(expr, Ref) and expr.name == self.config

    def escapes(self, exprs: Iterable[Expr]) -> bool:
        """Whether the configuration as a whole occurs somewhere in some expressions."""
        return any(name == self.config for expr in exprs for name in self._touched(subexpressions(expr)))

    def touched(self, stmt: Stmt) -> Iterator[str]:
        """The names that a statement and its blocks read of the configuration, or set on it."""
        return self._touched(expressions((stmt,)))

    def _touched(self, exprs: Iterable[Expr]) -> Iterator[str]:
        for expr in exprs:
            if isinstance(expr, Ref):
                if expr.name.partition(".")[0] == self.config:
                    yield expr.name
            elif isinstance(expr, Other) and re.search(rf"\b{self.config}\b", expr.text):
                yield self.config

    def parts(self, expr: Expr, option: str, before: tuple[Located, ...]) -> tuple[Located, ...]:
        """Return what a new value of an option consists of; ``before`` is its value so far."""
        match expr:
            case Ref(name=name) if name == f"{self.config}.{option}":
                return before
            case Seq(items=found):
                return tuple(
                    part
                    for item in found
                    for part in (
                        self.parts(item.value, option, before) if isinstance(item, Star) else (self.item(item),)
                    )
                )
            case Op(op="+" | "|", operands=operands):
                return tuple(part for operand in operands for part in self.parts(operand, option, before))
            case Dict(keys=keys, values=values):
                return tuple(
                    part
                    for key, value in zip(keys, values, strict=True)
                    for part in (self.parts(value, option, before) if key is None else (self.entry(key, value),))
                )
            case Call(func=Ref(name="list" | "dict"), args=(inner,), keywords=()):
                return self.parts(inner, option, before)
        return (self.located(expr),)

    def item(self, expr: Expr) -> Located:
        """Return a list of one item."""
        found = self.located(expr)
        return Located(found.path, found.scope, Seq("list", (found.expr,), found.expr.span))

    def entry(self, key: Expr, value: Expr) -> Located:
        """Return a mapping of one entry."""
        return Located(self.path, self.function.qualname, Dict((key,), (value,), value.span))

    def entries(self, call: Call) -> tuple[Located, ...]:
        """Return the keyword arguments of a call as mappings of one entry each."""
        return tuple(self.entry(Const(k.name, k.span), k.value) for k in call.keywords if k.name is not None)

    def entered(self, function: Function, path: str, receiver: Local | None, call: Call) -> Frame | None:
        """Return the frame of a function that is called with the configuration; None where the arguments do not tell.

        Args:
            function: what is called.
            path: its file.
            receiver: the class of its ``self``, None where the first parameter is no ``self``.
            call: the call.
        """
        params = list(function.params[1:] if receiver is not None else function.params)
        positional = [param.name for param in params if param.kind in ("positional", "normal")]
        names = {param.name for param in params if param.kind in ("normal", "keyword")}
        if call.has_unpacking or len(call.args) > len(positional):
            return None
        bound = dict(zip(positional, call.args, strict=False)) | {
            k.name: k.value for k in call.keywords if k.name in names
        }
        config = next((name for name, value in bound.items() if self.is_config(value)), None)
        if config is None:
            return None
        given = {name: self.located(value) for name, value in bound.items() if name and name != config}
        kept = {name: value for name, value in given.items() if not _is_changed(function, name)}
        return Frame(path, function, config, kept, receiver, self.names)


def _is_changed(function: Function, name: str) -> bool:
    """Whether a function binds a parameter anew, or changes the collection that it is."""
    if not {f"{name}.{method}" for method in MUTATORS}.isdisjoint(function.calls):
        return True
    targets = [target for stmt in statements(function.body) if isinstance(stmt, Assign) for target in stmt.targets]
    owners = [target.value if isinstance(target, Sub) else target for target in targets]
    return any(isinstance(owner, Ref) and owner.name == name for owner in owners)


def method_above(project: Project, frame: Frame, receiver: Local, name: str) -> Local | External | None:
    """Return the method that ``super()`` means in a frame; what a library's base class does is nothing.

    Args:
        project: what it belongs to.
        frame: where it is called.
        receiver: the class of ``self``.
        name: of the method.
    """
    ancestry = project.ancestry(receiver)
    places = [Local(path, class_.qualname) for path, class_ in ancestry.classes]
    own = Local(frame.path, frame.function.owner)
    for place in places[places.index(own) + 1 :] if own in places else ():
        found = Local(place.path, f"{place.qualname}.{name}")
        if project.function(found) is not None:
            return found
    return External("litestar.plugins.InitPlugin") if ancestry.known else None
