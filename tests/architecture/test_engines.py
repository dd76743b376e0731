"""That no engine leans on another: any of them can be taken out. The line in engines.py enrols a new one."""

from itertools import permutations

import grimp
import pytest

from app.infrastructure.engines import DIARIZATION_ENGINES, TRANSCRIPTION_ENGINES, VOICE_ACTIVITY_ENGINES

ENGINES = sorted(
    f"app.adapters.outbound.{engine.adapter.split(':')[0]}"
    for engines in (TRANSCRIPTION_ENGINES, DIARIZATION_ENGINES, VOICE_ACTIVITY_ENGINES)
    for engine in engines.values()
)


def chains(graph: grimp.ImportGraph, modules: list[str]) -> list[tuple[str, ...]]:
    """How one of the modules reaches another, by way of whatever they share."""
    pairs = permutations(modules, 2)
    return [
        chain for one, other in pairs for chain in graph.find_shortest_chains(one, other, as_packages=True)
    ]


def test_engines_are_independent_of_each_other() -> None:
    assert chains(grimp.build_graph("app", cache_dir=None), ENGINES) == []


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ([("a", "b")], [("a", "b")]),
        ([("b", "shared"), ("shared", "a")], [("b", "shared", "a")]),
        ([("a", "shared"), ("b", "shared")], []),
    ],
)
def test_an_engine_that_reaches_another_is_found(
    edges: list[tuple[str, str]], found: list[tuple[str, ...]]
) -> None:
    graph = grimp.ImportGraph()
    for module in ("a", "b", "shared"):
        graph.add_module(module)
    for importer, imported in edges:
        graph.add_import(importer=importer, imported=imported)
    assert chains(graph, ["a", "b"]) == found
