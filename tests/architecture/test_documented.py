"""The documents keep up with the code: packages, settings, commands, ledger accounts, providers."""

import re
from pathlib import Path

import pytest

from billing.ledger import chart
from providers import registry

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["billing", "providers", "royalties", "catalog", "reading", "reports", "config", "sync"]
HEADINGS = ["Owns", "Must not know", "Words", "Always true", "Decisions"]


class TestReadme:
    def test_is_short(self):
        assert (ROOT / "README.md").read_text().count("\n") <= 120

    @pytest.mark.parametrize("package", PACKAGES)
    def test_of_a_package_has_the_five_headings(self, package):
        text = (ROOT / package / "README.md").read_text()
        assert [heading for heading in HEADINGS if heading not in text] == []
        assert text.count("\n") <= 120

    def test_links_lead_somewhere(self):
        for page in [ROOT / "README.md", *ROOT.glob("*/README.md"), *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
                assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


class TestSettings:
    def test_are_all_in_the_document(self):
        read = set()
        for path in (ROOT / "config").rglob("*.py"):
            read |= set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", path.read_text()))
            read |= set(re.findall(r"environ\.get\(\"([A-Z_]+)\"", path.read_text()))
        read -= {"PATH", "DJANGO_SETTINGS_MODULE"}
        text = (ROOT / "docs" / "settings.md").read_text()
        assert sorted(name for name in read if name not in text) == []


class TestCommands:
    def test_are_all_in_the_document(self):
        names = {
            p.stem
            for p in ROOT.glob("*/**/management/commands/*.py")
            if p.stem != "__init__" and not {".venv", "var"} & set(p.relative_to(ROOT).parts)
        }
        text = (ROOT / "docs" / "commands.md").read_text()
        assert names
        assert sorted(name for name in names if name not in text) == []


class TestLedgerAccounts:
    def test_are_all_in_the_document(self):
        text = (ROOT / "docs" / "accounts.md").read_text()
        assert sorted(code for code in chart.ACCOUNTS if f"| {code} | {chart.label(code)} |" not in text) == []


class TestProviders:
    def test_each_has_a_folder_with_a_readme(self):
        # Several entries may be contracts of one company, and then share its folder.
        folders = {name: entry.build.__module__.split(".")[1] for name, entry in registry.ENTRIES.items()}
        missing = [name for name, folder in folders.items() if not (ROOT / "providers" / folder / "README.md").exists()]
        assert missing == []
