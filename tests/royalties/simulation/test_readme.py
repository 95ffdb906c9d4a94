"""What the README says of scenarios is so."""

import json
import re
from pathlib import Path

from royalties.simulation import text
from tests.royalties.simulation.scenarios import lines, simulate

README = (Path(__file__).resolve().parents[3] / "royalties" / "README.md").read_text()
SECTION = README.partition("## Scenarios")[2].partition("\n## ")[0]
TABLE = "\n".join(row for row in SECTION.splitlines() if row.startswith("|"))


class TestReadme:
    def test_example_pays_what_one_expects(self):
        example = "\n".join(row[4:] for row in SECTION.splitlines() if row.startswith("    "))
        assert lines(simulate(json.loads(example))) == {"s1/c1/ba": "500"}

    def test_names_every_key_of_the_schema_and_every_choice(self):
        schema = json.loads(text.SCHEMA.read_text())
        words = set(re.findall(r"[a-z_]+", TABLE))
        keys = set(schema["properties"]) - {"$schema", "title"}
        for definition in schema["$defs"].values():
            keys |= set(definition.get("properties", ()))
            for values in [definition.get("properties", {}).values()]:
                for value in values:
                    keys |= {choice for choice in value.get("enum", ()) if isinstance(choice, str)}
        assert sorted(keys - words - {"role", "default"}) == []
