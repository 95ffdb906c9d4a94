"""Credentials by name: `PROVIDER_<NAME>_<MARKET>_<FIELD>`, one variable a field of the adapter's `Credentials`."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class MissingCredential(Exception):
    """A credential the adapter cannot work without is not set; the message names the variable."""


def variable(provider: str, market: str, field: str) -> str:
    """`PROVIDER_WAVE_SN_API_KEY`."""
    return f"PROVIDER_{provider}_{market}_{field}".upper()


def read(kind: type[T], *, provider: str, market: str, environment: Mapping[str, str]) -> T:
    """Fill the dataclass `kind` from the variables; a field with a default may be missing.

    :raises MissingCredential: the first one that is not set.
    """
    values = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = variable(provider, market, field.name)
        if value := value_of(name, environment):
            values[field.name] = value
        elif field.default is dataclasses.MISSING:
            raise MissingCredential(f"{name} is not set; {provider} in {market} cannot be used without it")
    return kind(**values)


def written(credentials: Any, *, provider: str, market: str) -> dict[str, str]:
    """The variables that `read` would read back into these credentials."""
    fields = dataclasses.fields(credentials)
    return {variable(provider, market, field.name): getattr(credentials, field.name) for field in fields}


def value_of(name: str, environment: Mapping[str, str]) -> str:
    """The variable, or the content of the file `<name>_FILE` names (mounted secrets); empty when neither is set."""
    if path := environment.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return environment.get(name, "").strip()
