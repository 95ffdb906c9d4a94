"""Logs: one event a fact, one line an event, nothing in them that names a person or opens a door.

JSON lines in production, readable lines in the demo. Masking and escaping happen last, in the formatter, so they also
cover tracebacks and what libraries write. Standard library only: settings import this.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# Set by the request middleware, so that every line of one request can be found together.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=:-]+"), r"\1 [hidden]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]*\.?[\w-]*"), "[token]"),
    (re.compile(r"\b(ck_[0-9a-z]{8})_\w+"), r"\1_[hidden]"),
    (re.compile(r"\b(whsec_|wave_[a-z_]*?(?:key|secret|prod|test)_)[\w+/=-]+", re.ASCII), r"\1[hidden]"),
    (
        re.compile(
            r"(?i)\b(password|passwd|secret|token|api_?key|authorization|cookie)(['\"]?\s*[=:]\s*)(['\"]?)[^\s'\",;&]+"
        ),
        r"\1\2\3[hidden]",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # A phone number: 9 to 15 digits, perhaps grouped. Dates (2026-11-03 …) and parts of ids are not.
    (re.compile(r"(?<![\w-])(?!\d{4}-\d\d-\d\d)(\+|00)?\d(?:[ .\u00a0\u202f-]?\d){8,14}(?![\w-])"), "[number]"),
    (re.compile(r"\+\d{8,15}"), "[number]"),
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def masked(text: str) -> str:
    """The text without phone numbers, e-mail addresses, tokens, keys and passwords."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def escaped(text: str) -> str:
    """The text on one line: line breaks and terminal codes are shown, not obeyed."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\n", "\\n").replace("\r", "\\r"))


def clean(text: str) -> str:
    """Masked, then escaped."""
    return escaped(masked(text))


class JsonLine(logging.Formatter):
    """One JSON object a line; what was given as `extra` becomes fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": clean(record.getMessage()),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line |= {name: _plain(value) for name, value in _extra(record).items()}
        if record.exc_info:
            line["error"] = clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class Readable(logging.Formatter):
    """For people: time, level, event, fields; a traceback keeps its lines, indented."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_plain(value)}" for name, value in _extra(record).items())
        text = f"{_at(record)} {record.levelname:<7} {record.name}: {clean(record.getMessage())}{fields}"
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()
            text += "".join(f"\n    {clean(line)}" for line in lines)
        return text


def configuration(*, json_lines: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING."""
    formatter = JsonLine if json_lines else Readable
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django brings handlers of its own; everything goes through ours.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # The request middleware has said it already; errors come with their traceback.
            "django.request": {"level": "ERROR"},
            # Texts of other libraries that repeat what we log ourselves, or speak of every font and glyph.
            "weasyprint": {"level": "CRITICAL"},
            "fontTools": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD and name != "request"}


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | None) else clean(str(value))
