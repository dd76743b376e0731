"""The sources under test, read as syntax: nothing is imported."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


def imports_of(source: str, package: str) -> Iterator[str]:
    """Every module that a file of that package imports, wherever in the file, relative imports resolved."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            origin = parents[: len(parents) - node.level + 1] if node.level else []
            yield ".".join([*origin, *([node.module] if node.module else [])])


def functions_of(node: ast.Module | ast.ClassDef) -> list[Function]:
    return [child for child in node.body if isinstance(child, Function)]


def classes_of(tree: ast.Module) -> list[ast.ClassDef]:
    return [child for child in tree.body if isinstance(child, ast.ClassDef)]


def last_name(expression: ast.expr) -> str:
    """`Protocol` of `Protocol`, `typing.Protocol`, `Protocol[T]` and `Protocol()`."""
    match expression:
        case ast.Subscript(value=inner) | ast.Call(func=inner):
            return last_name(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
