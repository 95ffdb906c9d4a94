"""Typed readers for the environment. A value that cannot be read stops the boot and names the variable.

Every variable may also be given as `<NAME>_FILE`, the path of a file that holds the value (mounted secrets).
"""

import os
from pathlib import Path


class BadEnvironment(Exception):
    """An environment variable is missing or cannot be read as what it should be."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or of the file `<name>_FILE` names.

    :raises BadEnvironment: it is missing and there is no default.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise BadEnvironment(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise BadEnvironment(f"{name} is not set")
    return default


def flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on or 0/false/no/off.

    :raises BadEnvironment: anything else.
    """
    value = text(name, "on" if default else "off").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise BadEnvironment(f"{name} must be on or off, not {value!r}")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between `low` and `high`, both allowed.

    :raises BadEnvironment: not a number, or outside.
    """
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise BadEnvironment(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return int(value)


def words(name: str, default: str | None = "") -> list[str]:
    """A comma-separated list.

    :raises BadEnvironment: it is missing and there is no default.
    """
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`.

    :raises BadEnvironment: something else.
    """
    value = text(name, default)
    if value not in allowed:
        raise BadEnvironment(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value
