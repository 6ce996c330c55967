"""The small faults that can be put into a function, and the module with one of them in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
LOGS = ("log", "logger")


@dataclass(frozen=True)
class Place:
    """Where a fault can be put. ``function``: the outermost one around it, by its qualified name."""

    path: str
    function: str
    line: int
    number: int  # the how-many-th of its file
    fault: str  # in words: "< becomes <="

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {self.fault}"


class Faults(ast.NodeTransformer):
    """Visits the places of a file in a fixed order; puts a fault into the one numbered ``chosen``, if any."""

    def __init__(self, path: str, chosen: int | None = None) -> None:
        self.path, self.chosen = path, chosen
        self.places: list[Place] = []
        self._names: list[str] = []
        self._inside = False

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._inside:
            return node
        self._names.append(node.name)
        node.body = [self.visit(statement) for statement in node.body]
        self._names.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: FunctionNode) -> ast.AST:
        """Its body alone: defaults and decorators were evaluated when the module was imported."""
        outermost = not self._inside
        if outermost:
            self._names.append(node.name)
            self._inside = True
        node.body = [self.visit(statement) for statement in node.body]
        if outermost:
            self._names.pop()
            self._inside = False
        return node

    def _is_chosen(self, node: ast.AST, fault: str) -> bool:
        """Notes the place; whether the fault is to be put here."""
        number = len(self.places)
        line = getattr(node, "lineno", 0)
        self.places.append(Place(self.path, ".".join(self._names), line, number, fault))
        return number == self.chosen

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, operator in enumerate(node.ops):
            other = COMPARISONS[type(operator)]
            if self._inside and self._is_chosen(node, f"{type(operator).__name__} becomes {other.__name__}"):
                node.ops[place] = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self._inside and self._is_chosen(node, f"{type(node.op).__name__} becomes {other.__name__}"):
            node.op = other()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        is_not = self._inside and isinstance(node.op, ast.Not)
        return node.operand if is_not and self._is_chosen(node, "not is left out") else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = OPERATORS.get(type(node.op))
        if not self._inside or other is None or _is_text(node.left) or _is_text(node.right):
            return node
        if self._is_chosen(node, f"{type(node.op).__name__} becomes {other.__name__}"):
            node.op = other()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        if not self._inside or not isinstance(value, int):
            return node
        other = not value if isinstance(value, bool) else value + 1
        if self._is_chosen(node, f"{value} becomes {other}"):
            return ast.copy_location(ast.Constant(other), node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._inside and self._is_chosen(node, "if becomes if not"):
            node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        says_something = node.value is not None and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        )
        if self._inside and says_something and self._is_chosen(node, "what is returned becomes None"):
            node.value = ast.copy_location(ast.Constant(None), node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):  # a docstring
            return node
        self.generic_visit(node)
        is_call = isinstance(node.value, ast.Call) and not _is_log(node.value)
        if self._inside and is_call and self._is_chosen(node, "the call is left out"):
            return ast.copy_location(ast.Pass(), node)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        is_chosen = self._inside and self._is_chosen(node, "raise is left out")
        return ast.copy_location(ast.Pass(), node) if is_chosen else node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return node  # for the type checker

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_log(call: ast.Call) -> bool:
    asked = call.func
    return isinstance(asked, ast.Attribute) and isinstance(asked.value, ast.Name) and asked.value.id in LOGS


def places(source: str, path: str) -> list[Place]:
    """All places of a file, from its head to its end."""
    finder = Faults(path)
    finder.visit(ast.parse(source))
    return finder.places


def with_fault(source: str, place: Place, filename: str) -> CodeType:
    """The code of the module with the fault at ``place``."""
    tree = Faults(place.path, place.number).visit(ast.parse(source))
    return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """The code of every function within, however deep."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from functions_of(constant)
