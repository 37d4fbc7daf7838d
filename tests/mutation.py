"""Small faults put into a module, one at a time: what a test should notice.

An operator, a comparison, a number or a condition is changed, or a statement or a part of a table is left out.
Texts, annotations and docstrings are not touched: a wrong name fails at once, and would only add to the count.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

#: operator -> what takes its place
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
#: comparison -> its opposite and, where there is one, the same at the limit
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
#: fields that say nothing to who runs the code
SILENT = ("annotation", "returns", "decorator_list", "type_params")
#: characters shown before and after a change
AROUND = 45


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, what it changes, and the module with it."""

    path: str
    function: str
    line: int
    #: the statement, with ``{was → became}`` in it, and a number if the same stands in the function twice
    change: str
    code: CodeType

    @property
    def name(self) -> str:
        """What it is called, also when lines have moved."""
        return f"{self.path} {self.function}: {self.change}"


@dataclass(frozen=True)
class _Place:
    """A node of the tree, and where it hangs."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    statement: ast.stmt
    function: str
    #: names that were bound before it in its function
    bound: frozenset[str]

    def put(self, node: ast.AST) -> None:
        """Hang another node there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module, from the top down."""
    tree, told = ast.parse(text), Counter[tuple[str, str]]()
    for place in list(_places(tree)):
        before = _shown(place.statement)
        for new in _changes(place):
            place.put(ast.copy_location(new, place.node))
            ast.fix_missing_locations(tree)
            now = new if isinstance(new, ast.stmt) else place.statement
            change = _difference(before, _shown(now))
            told[place.function, change] += 1
            number = told[place.function, change]
            if number > 1:
                change += f" ({number})"
            line = getattr(place.node, "lineno", place.statement.lineno)
            yield Mutant(path, place.function, line, change, compile(tree, path, "exec"))
            place.put(place.node)


def _places(tree: ast.Module) -> Iterator[_Place]:
    """Every node that may be changed, with the statement and the function around it."""

    def within(
        node: ast.AST, statement: ast.stmt, function: str, bound: set[str]
    ) -> Iterator[_Place]:
        for field, value in ast.iter_fields(node):
            if field in SILENT:
                continue
            many = isinstance(value, list)
            for index, child in enumerate(value if many else [value]):
                if not isinstance(child, ast.AST) or _is_docstring(node, field, index, child):
                    continue
                here = child if isinstance(child, ast.stmt) else statement
                at = index if many else None
                yield _Place(child, node, field, at, here, function, frozenset(bound))
                if isinstance(child, ast.FunctionDef | ast.ClassDef):
                    name = child.name if function == "module" else f"{function}.{child.name}"
                    own = {a.arg for a in ast.walk(child) if isinstance(a, ast.arg)}
                    yield from within(child, here, name, own)
                else:
                    yield from within(child, here, function, bound)
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                    bound.add(child.id)

    yield from within(tree, ast.Pass(), "module", set())


def _is_docstring(node: ast.AST, field: str, index: int, child: ast.AST) -> bool:
    return field == "body" and index == 0 and isinstance(child, ast.Expr) and _is_text(child.value)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _changes(place: _Place) -> Iterator[ast.AST]:
    """What may take the place of a node."""
    match place.node:
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.AugAssign(target, op, value):
            if type(op) in ARITHMETIC:
                yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
            yield ast.Pass()
        case ast.Compare(left, ops, comparators):
            for i, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:i], other(), *ops[i + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.Tuple(parts) if isinstance(place.parent, ast.Call):
            for i in (n for n, part in enumerate(parts) if _is_made(part)):
                yield ast.Tuple([*parts[:i], *parts[i + 1 :]], ast.Load())
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Raise() | ast.Continue() | ast.Return(None):
            yield ast.Pass()
        case ast.Expr(value) if not _is_text(value):
            yield ast.Pass()
        case ast.Assign([target]):
            written = isinstance(target, ast.Subscript | ast.Attribute)
            if written or (isinstance(target, ast.Name) and target.id in place.bound):
                yield ast.Pass()
    if place.field in ("test", "ifs") and not _is_turned_already(place.node):
        yield ast.UnaryOp(ast.Not(), place.node)  # type: ignore[arg-type]


def _is_made(node: ast.AST) -> bool:
    """Whether it is an object of a class, as those of a table are."""
    match node:
        case ast.Call(ast.Name(name)):
            return name[0].isupper()
    return False


def _is_turned_already(test: ast.AST) -> bool:
    """Whether another change gives the opposite of a condition."""
    return isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Compare) and len(test.ops) == 1)


def _shown(statement: ast.stmt) -> str:
    """A statement on one line, without the statements that stand in it."""
    head = ast.unparse(statement).split("\n")
    return head[0] if hasattr(statement, "body") else " ".join(line.strip() for line in head)


def _difference(before: str, after: str) -> str:
    """The first text with ``{was → became}`` where the second is another, word by word."""
    if after == "pass":
        return f"{{{before[: 2 * AROUND]} → nothing}}"
    old, new = (re.findall(r"[\w.]+|[<>=!]+|\W", text) for text in (before, after))
    shorter, start, end = min(len(old), len(new)), 0, 0
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    was, became = ("".join(words[start : len(words) - end]) for words in (old, new))
    head, tail = "".join(old[:start]), "".join(old[len(old) - end :])
    changed = f"{was.strip()} → {became.strip()}".strip()
    return f"{head[-AROUND:]}{{{changed}}}{tail[:AROUND]}"
