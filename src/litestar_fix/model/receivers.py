"""Of which class something is an instance, as far as annotations, constructors and documented return types tell."""

from __future__ import annotations

from litestar_fix.model.arguments import origins
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Const,
    Expr,
    For,
    Function,
    Op,
    Param,
    Ref,
    Seq,
    Sub,
    With,
)
from litestar_fix.model.iteration import comprehended, lister
from litestar_fix.model.libraries import (
    ENTERED,
    NAMESPACES,
    SAME_CLASS,
    SESSION_FACTORIES,
    SEVERAL,
    SMALL,
    THREADS,
    attribute_of,
    library_name,
    product,
)
from litestar_fix.model.project import Project
from litestar_fix.model.resources import first_resource, resource
from litestar_fix.model.symbols import External, Local, Located, ModuleRef, Symbol
from litestar_fix.model.walk import statements

_TRANSPARENT = frozenset({"Annotated", "Optional", "NamedDependency", "Final", "ClassVar", "FromDishka", "Injected"})
_TYPE_VARIABLES = frozenset({"typing.TypeVar", "typing_extensions.TypeVar"})
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


class Receivers:
    """Answers what the names and expressions of functions are instances of; what is not known is None."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._targets: dict[tuple[Local, str], Symbol | None] = {}
        self._attributes: dict[tuple[Local, str], Symbol | None] = {}
        self._variables: dict[tuple[Local, str], Symbol | None] = {}
        self._type_variables: dict[Local, Symbol | None] = {}

    def target(self, caller: Local, name: str) -> Symbol | None:
        """Return what a dotted name called in a function stands for; a class for its ``__init__`` where it has one.

        The call of an instance of a library class stands for ``<class>.__call__``.

        Args:
            caller: the calling function.
            name: the callee as written.
        """
        key = (caller, name)
        if key not in self._targets:
            found = self._resolved(caller, name)
            if isinstance(found, Local) and self.project.class_(found) is not None:
                found = self.project.member(found, "__init__") or found
            self._targets[key] = found
        return self._targets[key]

    def _resolved(self, caller: Local, name: str) -> Symbol | None:
        found = self.project.resolve(caller.path, name, caller.qualname)
        if found is not None and (not isinstance(found, Local) or self._is_code(found)):
            return found
        receiver, _, method = name.rpartition(".")
        owner = self.type_of(caller, receiver) if receiver else None
        match owner:
            case Local():
                return self.project.member(owner, method)
            case External(name=external):
                return External(f"{external}.{method}")
        match self.type_of(caller, name):
            case External(name=external):
                return External(f"{external}.__call__")
            case Local() as called:
                return self.project.member(called, "__call__")
        return None

    def _is_code(self, symbol: Local) -> bool:
        return self.project.function(symbol) is not None or self.project.class_(symbol) is not None

    # ------------------------------------------------------------------------------------------------ expressions
    def type_of(self, caller: Local, name: str) -> Symbol | None:
        """Return the class of which a dotted name read in a function is an instance, None where that is not known."""
        root, *rest = name.split(".")
        found: Symbol | None
        if root == "self":
            found = self.project.resolve(caller.path, "self", caller.qualname)
        else:
            key = (caller, root)
            if key not in self._variables:
                self._variables[key] = None  # a variable made from itself ends here
                self._variables[key] = self._variable(caller, root)
            found = self._variables[key]
            if found is None and rest:
                return self._of_attribute(caller, name)
        for attribute in rest:
            found = self._attribute(found, attribute) if isinstance(found, Local) else _of_library(found, attribute)
        return found

    def _of_attribute(self, caller: Local, name: str) -> Symbol | None:
        """The class of what is kept in another module, or in a class: ``services.mailer``, ``Settings.storage``."""
        owner, _, attribute = name.rpartition(".")
        if not owner:
            return None
        match self.project.resolve(caller.path, owner, caller.qualname):
            case ModuleRef(path=path):
                return self.type_of(Local(path, ""), attribute)
            case Local() as local if self.project.class_(local) is not None:
                return self._attribute(local, attribute)
            case None:
                found = self._of_attribute(caller, owner)
                return self._attribute(found, attribute) if isinstance(found, Local) else None
        return None

    def type_of_expr(self, caller: Local, expr: Expr | None) -> Symbol | None:
        """Return the class of which an expression in a function is an instance, None where that is not known."""
        match expr:
            case Ref(name=name):
                return self.type_of(caller, name)
            case Await(value=value):
                return self.type_of_expr(caller, value)
            case Op(op="/", operands=(left, _)):
                return _same_class(self.type_of_expr(caller, left), "joinpath")
            case Call(func=Ref(name=name)):
                return self._made_by(caller, expr, name)
            case Call(func=Attr(value=value, attr=attr)):
                owner = self.type_of_expr(caller, value)
                return _product_of(owner, attr) or _same_class(owner, attr)
            case Call(func=func):
                return _product_of(self.type_of_expr(caller, func), "__call__")
            case Attr(value=value, attr=attr):
                owner = self.type_of_expr(caller, value)
                return self._attribute(owner, attr) if isinstance(owner, Local) else _of_library(owner, attr)
            case Sub(value=value):
                return _in_namespace(self.type_of_expr(caller, value))
        return None

    def _made_by(self, caller: Local, call: Call, name: str) -> Symbol | None:
        symbol = self.project.resolve(caller.path, name, caller.qualname)
        if isinstance(symbol, Local) and self.project.class_(symbol) is not None:
            return symbol
        target = self.target(caller, name)
        function = self.project.function(target)
        if function is not None and isinstance(target, Local):
            returns = None if function.is_generator else function.returns
            return self.class_in(Located(target.path, target.qualname, returns)) if returns is not None else None
        if not isinstance(target, External):
            return None
        if library_name(target.name) in SESSION_FACTORIES:
            return self._session_factory(caller, call, target)
        made = product(target.name)
        if made:
            return External(made)
        if target.name in SMALL:
            return None
        if target.name in THREADS:
            given = call.args[0] if call.args else None
            return self._made_by(caller, call, given.name) if isinstance(given, Ref) and given.name != name else None
        owner, _, last = target.name.rpartition(".")
        return target if last[:1].isupper() or resource(target.name) else _same_class(External(owner), last)

    def _session_factory(self, caller: Local, call: Call, factory: External) -> Symbol | None:
        class_ = call.keyword("class_")
        if class_ is None:
            return factory
        match self.project.resolve_expr(Located(caller.path, caller.qualname, class_)):
            case External(name=name):
                return External(f"{factory.name}[{name}]")
            case Local() as local:
                row = first_resource(self.project.ancestry(local).externals)
                return External(f"{factory.name}[{row.name}]") if row is not None else None
        return None

    # -------------------------------------------------------------------------------------------------- variables
    def _variable(self, caller: Local, name: str) -> Symbol | None:
        function = self.project.function(caller)
        while function is not None and name not in function.bound:
            caller = Local(caller.path, function.parent)
            function = self.project.function(caller)
        if function is not None:
            for param in function.params:
                if param.name == name:
                    return self._annotated(caller, param)
            return self._bound(caller, function, name)
        symbol = self.project.resolve(caller.path, name)
        attribute = self.project.assignment(symbol)
        if attribute is None or not isinstance(symbol, Local):
            return None
        declared = self.class_in(Located(symbol.path, "", attribute.annotation)) if attribute.annotation else None
        return declared or self.type_of_expr(Local(symbol.path, ""), attribute.value)

    def _annotated(self, symbol: Local, param: Param) -> Symbol | None:
        """The class that a parameter is annotated with; without an annotation, that of what all calls hand over."""
        if param.annotation is not None:
            return self.class_in(Located(symbol.path, symbol.qualname, param.annotation))
        given = origins(self.project, symbol, param.name)
        kinds = {self.type_of_expr(Local(item.path, item.scope), item.expr) for item in given.items}
        return kinds.pop() if given.known and len(kinds) == 1 else None

    def _bound(self, caller: Local, function: Function, name: str) -> Symbol | None:
        """The class of a variable that is bound once: assigned, by ``with ... as``, or by a loop."""
        found: list[Symbol | None] = []
        for stmt in statements(function.body):
            match stmt:
                case Assign(targets=targets, value=value) if any(
                    isinstance(t, Ref) and t.name == name for t in targets
                ):
                    found.append(self.type_of_expr(caller, value))
                case With(items=items):
                    contexts = [i.context for i in items if isinstance(i.target, Ref) and i.target.name == name]
                    found += [self._entered(caller, context) for context in contexts]
                case For(target=Ref(name=each), iter=iterated) if each == name:
                    found.append(self._element(caller, iterated))
        if not found:
            found += [self._element(caller, iterated) for iterated in comprehended(function, name)]
        kinds = set(found)
        return kinds.pop() if len(kinds) == 1 else None

    def _entered(self, caller: Local, context: Expr) -> Symbol | None:
        """The class of what a context manager gives."""
        if isinstance(context, Call) and context.callee:
            target = self.target(caller, context.callee)
            function = self.project.function(target)
            if function is not None and isinstance(target, Local) and function.is_generator:
                return self._yielded(target, function)
        made = self.type_of_expr(caller, context)
        match made:
            case External(name=name) if resource(name) is not None or library_name(name) in ENTERED:
                return made
            case Local() if first_resource(self.project.ancestry(made).externals) is not None:
                return made
        return None

    def _element(self, caller: Local, iterated: Expr) -> Symbol | None:
        """The class of what one iterates over, where a method of a library is known to list it."""
        owner, method = lister(iterated) or (None, "")
        made = self.type_of_expr(caller, owner)
        return made if isinstance(made, External) and method in SEVERAL.get(made.name, ()) else None

    def _yielded(self, symbol: Local, function: Function) -> Symbol | None:
        scope = function.parent
        decorated = any(self.project.external(symbol.path, d, scope) in _CONTEXT_MANAGERS for d in function.decorators)
        match function.returns:
            case Sub(index=index) if decorated:
                inner = index.items[0] if isinstance(index, Seq) and index.items else index
                return self.class_in(Located(symbol.path, symbol.qualname, inner))
        return None

    def class_in(self, located: Located) -> Symbol | None:
        """The one class that an annotation names, through ``Annotated``, ``Optional``, ``X | None`` and the like."""
        path, scope = located.path, located.scope
        match located.expr:
            case Ref():
                symbol = self.project.resolve_expr(located)
                is_class = isinstance(symbol, External) or self.project.class_(symbol) is not None
                return symbol if is_class else self._type_bound(symbol)
            case Sub(value=Ref(name=name), index=index) if name.rpartition(".")[2] in _TRANSPARENT:
                inner = index.items[0] if isinstance(index, Seq) and index.items else index
                return self.class_in(Located(path, scope, inner))
            case Sub(value=value):
                return self.class_in(Located(path, scope, value))
            case Op(op="|", operands=operands):
                named = [operand for operand in operands if isinstance(operand, Ref | Sub)]
                return self.class_in(Located(path, scope, named[0])) if len(named) == 1 else None
        return None

    def _type_bound(self, symbol: Symbol | None) -> Symbol | None:
        """The class that a type variable is bound to."""
        if not isinstance(symbol, Local):
            return None
        if symbol not in self._type_variables:
            self._type_variables[symbol] = None  # one that is bound to itself ends here
            self._type_variables[symbol] = self._find_bound(symbol)
        return self._type_variables[symbol]

    def _find_bound(self, symbol: Local) -> Symbol | None:
        attribute = self.project.assignment(symbol)
        if attribute is None or not isinstance(attribute.value, Call):
            return None
        if self.project.external(symbol.path, attribute.value) not in _TYPE_VARIABLES:
            return None
        bound = attribute.value.keyword("bound")
        if isinstance(bound, Const) and isinstance(bound.value, str):
            bound = Ref(bound.value.partition("[")[0].strip(), bound.span)
        return self.class_in(Located(symbol.path, "", bound)) if bound is not None else None

    # ------------------------------------------------------------------------------------------------- attributes
    def _attribute(self, owner: Local, name: str) -> Symbol | None:
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = None
            self._attributes[key] = self._find_attribute(owner, name)
        return self._attributes[key]

    def _find_attribute(self, owner: Local, name: str) -> Symbol | None:
        for path, class_ in self.project.ancestry(owner).classes:
            declared = class_.attribute(name)
            if declared is not None and declared.annotation is not None:
                return self.class_in(Located(path, class_.qualname, declared.annotation))
            if declared is not None:
                return self.type_of_expr(Local(path, class_.qualname), declared.value)
            init = self.project.function(Local(path, f"{class_.qualname}.__init__"))
            if init is not None:
                found = self._set_in(Local(path, init.qualname), init, name)
                if found is not None:
                    return found
        inherited = filter(None, (attribute_of(base, name) for base in self.project.ancestry(owner).externals))
        return next((External(held) for held in inherited), None)

    def _set_in(self, caller: Local, init: Function, name: str) -> Symbol | None:
        for stmt in statements(init.body):
            if not isinstance(stmt, Assign) or not any(
                isinstance(t, Ref) and t.name == f"self.{name}" for t in stmt.targets
            ):
                continue
            if stmt.annotation is not None:
                return self.class_in(Located(caller.path, caller.qualname, stmt.annotation))
            return self.type_of_expr(caller, stmt.value)
        return None


def _same_class(owner: Symbol | None, attribute: str) -> Symbol | None:
    known = isinstance(owner, External) and attribute in SAME_CLASS.get(owner.name, ())
    return owner if known else None


def _of_library(owner: Symbol | None, attribute: str) -> Symbol | None:
    held = attribute_of(owner.name, attribute) if isinstance(owner, External) else ""
    return External(held) if held else _same_class(owner, attribute) or _in_namespace(owner)


def _in_namespace(owner: Symbol | None) -> Symbol | None:
    given = NAMESPACES.get(library_name(owner.name)) if isinstance(owner, External) else None
    return External(given) if given else None


def _product_of(owner: Symbol | None, method: str) -> Symbol | None:
    made = product(f"{owner.name}.{method}") if isinstance(owner, External) else ""
    return External(made) if made else None
