"""Every module of the port has its place, and adapters know neither each other nor are known by the port.

The registry says which folders are adapters, so that a new one needs no line in the import contracts.
"""

import tomllib
from pathlib import Path

import grimp
import pytest

from providers import registry

ROOT = Path(__file__).resolve().parents[2]


def adapters() -> set[str]:
    """`providers.wave`, …: the folder right under the port, however deep the adapter lies in it."""
    return {".".join(entry.credentials.__module__.split(".")[:2]) for entry in registry.ENTRIES.values()}


def port() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["name"] == "Inside the provider port")
    return {f"providers.{name.strip()}" for layer in layers for name in layer.split("|")}


@pytest.fixture
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("providers", cache_dir=None)


def misplaced(graph: grimp.ImportGraph) -> set[str]:
    return graph.find_children("providers") - adapters() - port()


def strange_imports(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """What imports an adapter although it is none of its modules, nor the registry."""
    importers = (adapters() | port()) - {"providers.registry"}
    return [
        (importer, adapter)
        for adapter in sorted(adapters())
        for importer in sorted(importers - {adapter})
        if graph.direct_import_exists(importer=importer, imported=adapter, as_packages=True)
    ]


class TestPort:
    def test_gives_every_module_a_place(self, graph):
        assert misplaced(graph) == set()

    def test_is_the_only_thing_that_adapters_know(self, graph):
        assert strange_imports(graph) == []

    def test_notices_a_drawer(self, graph):
        graph.add_module("providers.helpers")
        assert misplaced(graph) == {"providers.helpers"}

    @pytest.mark.parametrize("importer", ["providers.http", "providers.simulation", "providers.rehearsal.book"])
    def test_notices_an_arrow_the_wrong_way(self, graph, importer):
        graph.add_import(importer=importer, imported="providers.wave.fields")
        assert [adapter for _, adapter in strange_imports(graph)] == ["providers.wave"]

    def test_notices_adapters_that_know_each_other(self, graph, monkeypatch):
        graph.add_module("providers.pebble")
        graph.add_module("providers.pebble.adapter")
        graph.add_import(importer="providers.pebble.adapter", imported="providers.wave.fields")
        known = adapters() | {"providers.pebble"}
        monkeypatch.setitem(globals(), "adapters", lambda: known)
        assert strange_imports(graph) == [("providers.pebble", "providers.wave")]
