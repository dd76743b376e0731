"""What no linter of ours enforces, or what a comment could switch off."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import (
    APP,
    ROOT,
    TESTS,
    classes_of,
    functions_of,
    last_name,
    name_of,
    python_files,
)

MAX_LINES = 250
# The loop of a worker and the top handler of a process: what they do not catch, nobody does. And where a
# model runs for many callers at once: whatever it raises concerns those of its batch, and not the worker.
CATCHES_ALL = {
    "app/adapters/inbound/worker/worker.py",
    "app/adapters/outbound/audio/decoding/child.py",
    "app/adapters/outbound/model_on_device.py",
    # Its process ends with it: what it does not tell the parent, nobody learns.
    "app/adapters/outbound/models/child.py",
    # The tokenizers library raises nothing more special.
    "app/adapters/outbound/whisper/vocabulary.py",
    "app/application/run_job.py",
    "app/application/transcription_run.py",
    "app/infrastructure/preloading.py",
}
# What an adapter may leave to its port, where there is nothing to check, to load and to let go of.
OPTIONAL = {"check", "load", "aclose"}


def stray_prints(source: str) -> list[int]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def blind_excepts(source: str) -> list[int]:
    """The lines that catch everything, bare or by `Exception`, and do not pass it on after tidying up."""
    handlers = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler))
    return [handler.lineno for handler in handlers if catches_all(handler.type) and not passes_on(handler)]


def passes_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def catches_all(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(catches_all(each) for each in caught.elts)
    return caught is None or last_name(caught) in {"Exception", "BaseException"}


def concrete_port_methods(source: str) -> list[str]:
    """Methods of protocols that an adapter could forget to write."""
    return [
        f"{port.name}.{method.name}"
        for port in classes_of(ast.parse(source))
        if "Protocol" in map(last_name, port.bases)
        for method in functions_of(port)
        if "abstractmethod" not in map(last_name, method.decorator_list) and method.name not in OPTIONAL
    ]


def uncollected_tests(source: str, file_name: str) -> Iterator[str]:
    """Tests that pytest would not run: namesakes hide each other, and other places are not searched."""
    tree = ast.parse(source)
    for scope in [tree, *classes_of(tree)]:
        tests = Counter(
            function.name for function in functions_of(scope) if function.name.startswith("test_")
        )
        yield from (f"{name} is defined {count} times" for name, count in tests.items() if count > 1)
        if isinstance(scope, ast.ClassDef) and not scope.name.startswith("Test"):
            yield from (f"{name} is in {scope.name}, which is no Test class" for name in tests)
        elif not file_name.startswith("test_"):
            yield from (f"{name} is in {file_name}, which is no test file" for name in tests)


@pytest.mark.parametrize("folder", [APP, TESTS, ROOT / "tools"], ids=name_of)
def test_no_file_is_longer_than_a_room(folder: Path) -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in python_files(folder)}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("path", python_files(APP), ids=name_of)
def test_a_module_says_what_it_is_for_and_neither_prints_nor_catches_blindly(path: Path) -> None:
    source = path.read_text()
    assert ast.get_docstring(ast.parse(source)), "a module without a docstring"
    assert stray_prints(source) == []
    if name_of(path) not in CATCHES_ALL:
        assert blind_excepts(source) == []


@pytest.mark.parametrize("path", python_files(APP / "domain" / "ports"), ids=name_of)
def test_an_adapter_cannot_forget_a_method_of_its_port(path: Path) -> None:
    assert concrete_port_methods(path.read_text()) == []


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {path.parent for path in python_files(APP) + python_files(TESTS)}
    assert {name_of(folder) for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_every_test_is_found_by_pytest() -> None:
    paths = python_files(TESTS)
    assert {
        f"{name_of(path)}: {found}"
        for path in paths
        for found in uncollected_tests(path.read_text(), path.name)
    } == set()


def test_a_print_is_found() -> None:
    assert stray_prints("def f():\n    print('x')\nsys.stdout.write('x')") == [2]


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as error", " (OSError, Exception)"])
def test_a_blind_except_is_found(caught: str) -> None:
    assert blind_excepts(f"try:\n    pass\nexcept{caught}:\n    pass") == [3]


@pytest.mark.parametrize(
    "handler", ["(OSError, asyncio.CancelledError):\n    pass", "BaseException:\n    undo()\n    raise"]
)
def test_an_except_that_names_its_errors_or_passes_them_on_is_fine(handler: str) -> None:
    assert blind_excepts(f"try:\n    pass\nexcept {handler}") == []


def test_a_port_with_a_concrete_method_is_found() -> None:
    source = "class P(Protocol):\n    @abstractmethod\n    def a(self): ...\n    async def b(self): ..."
    assert concrete_port_methods(source) == ["P.b"]


def test_tests_that_pytest_would_not_run_are_found() -> None:
    twice = "def test_a(): ...\ndef test_a(): ..."
    assert list(uncollected_tests(twice, "test_x.py")) == ["test_a is defined 2 times"]
    assert list(uncollected_tests("class Suite:\n    def test_a(self): ...", "test_x.py")) == [
        "test_a is in Suite, which is no Test class"
    ]
    assert list(uncollected_tests("async def test_a(): ...", "helpers.py")) == [
        "test_a is in helpers.py, which is no test file"
    ]
    assert list(uncollected_tests("def test_a(): ...\ndef helper(): ...", "test_x.py")) == []
