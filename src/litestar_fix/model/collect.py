"""From the bytes of one file to its `facts.Module`, in one pass over CPython's ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from litestar_fix.errors import UnreadableFile
from litestar_fix.model.expressions import Expressions, Scope, in_code_points, span_of
from litestar_fix.model.facts import (
    Assign,
    Attribute,
    Branches,
    Class,
    Const,
    Define,
    Do,
    Except,
    Expr,
    For,
    Function,
    If,
    Import,
    Keyword,
    Module,
    Param,
    Plain,
    Raise,
    Ref,
    Return,
    Seq,
    Span,
    Stmt,
    Try,
    While,
    With,
    WithItem,
)
from litestar_fix.model.parsing import decoded, parse
from litestar_fix.model.suppressions import suppressions

_encode = msgspec.msgpack.Encoder().encode
#: What surrounds a body: its scope, the name of that, how many branches it is in, sinks for attributes and methods.
_Around: TypeAlias = tuple[Scope, str, int, "list[Attribute] | None", "list[str] | None"]


def collect(path: str, content: bytes) -> Module:
    """Collect the facts of one file.

    Args:
        path: relative to the project's root, with ``/``.
        content: the bytes of the file.

    Raises:
        UnreadableFile: the bytes are no Python that this interpreter can parse.
    """
    tree = parse(path, content)
    text = "" if content.isascii() else decoded(path, content)
    try:
        if text:
            in_code_points(tree, text.encode("utf-8", "surrogatepass").splitlines())
        return _Collector(path).module(tree, content, text)
    except RecursionError:
        raise UnreadableFile(path, "nested too deeply to analyse") from None
    except (ValueError, OverflowError) as error:
        raise UnreadableFile(path, f"cannot be analysed: {error}") from None


class _Collector:
    """Collects one module; ``self.expr.scope`` is always the scope of the body being read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.expr = Expressions()
        self.imports: list[Import] = []
        self.assignments: list[Attribute] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self._scope_name = ""
        self._guarded = False
        self._conditional = 0
        self._attributes: list[Attribute] | None = self.assignments
        self._methods: list[str] | None = None
        self._statement: dict[type, Callable[[Any], Stmt]] = {
            ast.Assign: self._assign, ast.AnnAssign: self._annotated, ast.AugAssign: self._augmented,
            ast.Return: self._return, ast.Raise: self._raise, ast.Expr: self._do,
            ast.If: self._if, ast.For: self._for, ast.AsyncFor: self._for, ast.While: self._while,
            ast.With: self._with, ast.AsyncWith: self._with, ast.Try: self._try, ast.Match: self._match,
            ast.FunctionDef: self._function, ast.AsyncFunctionDef: self._function, ast.ClassDef: self._class,
            ast.Import: self._import, ast.ImportFrom: self._import_from,
            ast.Global: self._global, ast.Nonlocal: self._global,
        }  # fmt: skip
        if hasattr(ast, "TryStar"):
            self._statement[ast.TryStar] = self._try

    def module(self, tree: ast.Module, content: bytes, text: str) -> Module:
        scope = self.expr.scope
        body = self._body(tree.body)
        return Module(
            path=self.path,
            imports=tuple(self.imports),
            assignments=tuple(self.assignments),
            functions=tuple(self.functions),
            classes=tuple(self.classes),
            suppressions=suppressions(tree, content, text),
            exports=_exports(self.assignments),
            names_text=" ".join(scope.names),
            attributes_text=" ".join(scope.attributes),
            labels_text=" ".join(scope.labels),
            lines=content.count(b"\n") + (not content.endswith(b"\n")),
            raw_body=_encode(body),
        )

    def _body(self, nodes: list[ast.stmt]) -> tuple[Stmt, ...]:
        convert, other = self._statement.get, self._plain
        return tuple([convert(type(node), other)(node) for node in nodes]) if nodes else ()

    def _plain(self, node: ast.stmt) -> Stmt:
        operands = tuple([self.expr(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])
        return Plain(type(node).__name__.lower(), operands, (), span_of(node))

    # ------------------------------------------------------------------------------------------ simple statements
    def _assign(self, node: ast.Assign) -> Stmt:
        value = self.expr(node.value)
        targets = tuple([self.expr(target) for target in node.targets])
        return self._bind(Assign(targets, value, None, "=", span_of(node)))

    def _annotated(self, node: ast.AnnAssign) -> Stmt:
        value = self.expr.optional(node.value)
        annotation = self.expr.annotation(node.annotation)
        return self._bind(Assign((self.expr(node.target),), value, annotation, "=", span_of(node)))

    def _augmented(self, node: ast.AugAssign) -> Stmt:
        value = self.expr(node.value)
        operator = ast.unparse(ast.BinOp(ast.Name("a"), node.op, ast.Name("b"))).strip("ab ")
        return self._bind(Assign((self.expr(node.target),), value, None, f"{operator}=", span_of(node)))

    def _bind(self, statement: Assign) -> Stmt:
        """Record a module-level or class-level assignment of plain names."""
        if self._attributes is not None:
            for target in statement.targets:
                if isinstance(target, Ref) and "." not in target.name:
                    self._attributes.append(self._attribute(target.name, statement))
        return statement

    def _attribute(self, name: str, statement: Assign) -> Attribute:
        return Attribute(
            name, statement.annotation, statement.value, statement.op, self._conditional > 0, statement.span
        )

    def _return(self, node: ast.Return) -> Stmt:
        return Return(self.expr.optional(node.value), span_of(node))

    def _raise(self, node: ast.Raise) -> Stmt:
        return Raise(self.expr.optional(node.exc), self.expr.optional(node.cause), span_of(node))

    def _do(self, node: ast.Expr) -> Stmt:
        return Do(self.expr(node.value), span_of(node))

    def _global(self, node: ast.Global | ast.Nonlocal) -> Stmt:
        self.expr.scope.globals.update(node.names)
        # no name is called so: it tells a function that gives module-level names other values, before it is decoded
        self.expr.scope.names.update(dict.fromkeys([type(node).__name__.lower(), *node.names]))
        return Plain(type(node).__name__.lower(), (), tuple(node.names), span_of(node))

    def _import(self, node: ast.Import) -> Stmt:
        span = span_of(node)
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            self.expr.scope.bound[local] = None
            # `import a.b as c` binds the submodule itself, `import a.b` the package a
            module = alias.name if alias.asname else local
            self.imports.append(Import(local, module, "", self._guarded, self._scope_name, span))
            if not alias.asname and "." in alias.name:
                self.imports.append(Import("", alias.name, "", self._guarded, self._scope_name, span))
        return Plain("import", (), (), span)

    def _import_from(self, node: ast.ImportFrom) -> Stmt:
        span = span_of(node)
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            local = alias.asname or alias.name
            self.expr.scope.bound[local] = None
            self.imports.append(Import(local, module, alias.name, self._guarded, self._scope_name, span))
        return Plain("import", (), (), span)

    # ---------------------------------------------------------------------------------------- compound statements
    def _if(self, node: ast.If) -> Stmt:
        test = self.expr(node.test)
        guarded, self._guarded = self._guarded, self._guarded or _is_type_checking(test)
        self._conditional += 1
        body = self._body(node.body)
        self._guarded = guarded
        orelse = self._body(node.orelse)
        self._conditional -= 1
        return If(test, body, orelse, span_of(node))

    def _for(self, node: ast.For | ast.AsyncFor) -> Stmt:
        source = self.expr(node.iter)
        target = self.expr(node.target)
        self._conditional += 1
        body, orelse = self._body(node.body), self._body(node.orelse)
        self._conditional -= 1
        return For(target, source, body, orelse, isinstance(node, ast.AsyncFor), span_of(node))

    def _while(self, node: ast.While) -> Stmt:
        test = self.expr(node.test)
        self._conditional += 1
        body, orelse = self._body(node.body), self._body(node.orelse)
        self._conditional -= 1
        return While(test, body, orelse, span_of(node))

    def _with(self, node: ast.With | ast.AsyncWith) -> Stmt:
        items = tuple([WithItem(self.expr(i.context_expr), self.expr.optional(i.optional_vars)) for i in node.items])
        return With(items, self._body(node.body), isinstance(node, ast.AsyncWith), span_of(node))

    def _try(self, node: ast.Try) -> Stmt:
        self._conditional += 1
        body = self._body(node.body)
        handlers = tuple([self._except(handler) for handler in node.handlers])
        orelse, final = self._body(node.orelse), self._body(node.finalbody)
        self._conditional -= 1
        return Try(body, handlers, orelse, final, span_of(node))

    def _except(self, node: ast.ExceptHandler) -> Except:
        kind = self.expr.optional(node.type)
        if node.name:
            self.expr.scope.bound[node.name] = None
        return Except(kind, node.name, self._body(node.body), span_of(node))

    def _match(self, node: ast.Match) -> Stmt:
        subject = self.expr(node.subject)
        tests = []
        bodies = []
        self._conditional += 1
        for case in node.cases:
            for item in ast.walk(case.pattern):
                name = getattr(item, "name", None) or getattr(item, "rest", None)
                if isinstance(name, str):
                    self.expr.scope.bound[name] = None
                if isinstance(item, (ast.MatchClass, ast.MatchValue)):
                    tests.append(self.expr(item.cls if isinstance(item, ast.MatchClass) else item.value))
            if case.guard is not None:
                tests.append(self.expr(case.guard))
            bodies.append(self._body(case.body))
        self._conditional -= 1
        return Branches(subject, tuple(tests), tuple(bodies), span_of(node))

    # ------------------------------------------------------------------------------------------------ definitions
    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Stmt:
        self.expr.scope.bound[node.name] = None
        decorators = tuple([self.expr(item) for item in node.decorator_list])
        params = self._params(node.args)
        returns = self.expr.annotation(node.returns)
        qualname = self._qualified(node.name)
        has_docstring = _is_docstring(node.body[0])
        outer = self._enter(qualname + ".<locals>", None, None)
        scope = self.expr.scope
        for param in params:
            scope.bound[param.name] = None
        body = self._body(node.body[1:] if has_docstring else node.body)
        self._leave(outer)
        if self._methods is not None:
            self._methods.append(qualname)
        span = span_of(node)
        first, last = span_of(node.body[0]), span_of(node.body[-1])
        self.functions.append(
            Function(
                name=node.name,
                qualname=qualname,
                is_async=isinstance(node, ast.AsyncFunctionDef),
                is_generator=scope.is_generator,
                decorators=decorators,
                bound_text=" ".join([name for name in scope.bound if name not in scope.globals]),
                names_text=" ".join(scope.names),
                calls_text=" ".join(scope.calls),
                attributes_text=" ".join(scope.attributes),
                given_text=" ".join(scope.given),
                asked_text=" ".join(scope.asked),
                labels_text=" ".join(scope.labels),
                has_docstring=has_docstring,
                span=span,
                body_span=Span(first.line, first.column, last.end_line, last.end_column),
                raw_signature=_encode((params, returns)),
                raw_body=_encode(body),
            )
        )
        return Define(qualname, False, span)

    def _params(self, node: ast.arguments) -> tuple[Param, ...]:
        positional = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults)) + list(node.defaults)
        params = []
        for index, (item, default) in enumerate(zip(positional, defaults, strict=True)):
            params.append(self._param(item, default, "positional" if index < len(node.posonlyargs) else "normal"))
        if node.vararg:
            params.append(self._param(node.vararg, None, "*"))
        params += [self._param(i, d, "keyword") for i, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        if node.kwarg:
            params.append(self._param(node.kwarg, None, "**"))
        return tuple(params)

    def _param(self, node: ast.arg, default: ast.expr | None, kind: str) -> Param:
        annotation = self.expr.annotation(node.annotation)
        return Param(node.arg, annotation, self.expr.optional(default), kind, span_of(node))

    def _class(self, node: ast.ClassDef) -> Stmt:
        self.expr.scope.bound[node.name] = None
        decorators = tuple([self.expr(item) for item in node.decorator_list])
        bases = tuple([self.expr(item) for item in node.bases])
        keywords = tuple([Keyword(item.arg, self.expr(item.value), span_of(item)) for item in node.keywords])
        qualname = self._qualified(node.name)
        attributes: list[Attribute] = []
        methods: list[str] = []
        around = self._enter(qualname, attributes, methods)
        scope = self.expr.scope
        self._body(node.body)
        self._leave(around)
        outer = self.expr.scope
        # the class body runs where the class stands: what it reads is read by the enclosing scope
        outer.names.update(scope.names)
        outer.calls.update(scope.calls)
        outer.attributes.update(scope.attributes)
        outer.given.update(scope.given)
        outer.asked.update(scope.asked)
        outer.labels.update(scope.labels)
        span = span_of(node)
        first, last = span_of(node.body[0]), span_of(node.body[-1])
        body_span = Span(first.line, first.column, last.end_line, last.end_column)
        self.classes.append(
            Class(node.name, qualname, bases, keywords, decorators, tuple(attributes), tuple(methods), span, body_span)
        )
        return Define(qualname, True, span)

    def _qualified(self, name: str) -> str:
        return f"{self._scope_name}.{name}" if self._scope_name else name

    def _enter(self, name: str, attributes: list[Attribute] | None, methods: list[str] | None) -> _Around:
        """Begin a body of its own: a class's, with sinks for its attributes and methods, or a function's, without.

        No context manager: entering and leaving one takes as long as collecting some statements.
        """
        around = self.expr.scope, self._scope_name, self._conditional, self._attributes, self._methods
        self.expr.scope, self._scope_name, self._conditional = Scope(), name, 0
        self._attributes, self._methods = attributes, methods
        return around

    def _leave(self, around: _Around) -> None:
        self.expr.scope, self._scope_name, self._conditional, self._attributes, self._methods = around


def _exports(assignments: list[Attribute]) -> tuple[str, ...] | None:
    """Return what ``__all__`` names where it is written out, else None."""
    values = [item.value for item in assignments if item.name == "__all__"]
    if len(values) != 1 or not isinstance(values[0], Seq):
        return None
    return tuple([item.value for item in values[0].items if isinstance(item, Const) and isinstance(item.value, str)])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_type_checking(test: Expr) -> bool:
    return isinstance(test, Ref) and test.name.rpartition(".")[2] == "TYPE_CHECKING"
