"""What every route's documentation shares: its problems, the idempotency header, and the page that shows it all."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from billing.api import problems as table

Shape = dict[str, Any]


class _ApiKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of an authentication class; the classes are named as text, for they live above us."""

    name = "ApiKey"
    target_class = "config.identity.authentication.ApiKeyAuthentication"

    def get_security_definition(self, auto_schema: Any) -> Shape:
        return {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer ck_…`"}


class _Token(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    name = "Token"
    target_class = "config.identity.authentication.JwtAuthentication"

    def get_security_definition(self, auto_schema: Any) -> Shape:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class _Session(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    name = "Session"
    target_class = "config.identity.authentication.SessionAuthentication"

    def get_security_definition(self, auto_schema: Any) -> Shape:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 255 printable ASCII characters, one a request. The same key and body is answered once.",
)


def problems(*statuses: int) -> dict[Any, Any]:
    """The refusals of a route, by status, for `extend_schema`."""
    return {
        (status, table.CONTENT_TYPE): OpenApiResponse(table.ProblemDocument, description=_codes(status))
        for status in statuses
    }


def docs(request: HttpRequest) -> HttpResponse:
    """The schema as a page: every route, its fields and answers, and every problem code. No script, no other host."""
    return render(
        request, "billing_api/docs.html", {"groups": _groups(get_language() or "fr"), "problems": table.known()}
    )


def _codes(status: int) -> str:
    return ", ".join(problem.code for problem in table.known() if problem.status == status)


@cache
def _groups(language: str) -> list[Shape]:
    """The schema's operations by their first path segment. It changes only with the code, so it is read once."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[Shape]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            group = path.removeprefix("/api/v1/").partition("/")[0]
            groups.setdefault(group, []).append(_operation(schema, path, method, operation))
    return [{"name": name, "operations": operations} for name, operations in groups.items()]


def _operation(schema: Shape, path: str, method: str, operation: Shape) -> Shape:
    return {
        "method": method.upper(),
        "path": path,
        "description": operation.get("description", ""),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
        "fields": _fields(schema, operation.get("requestBody", {}).get("content", {})),
        "answers": [_answer(schema, status, answer) for status, answer in operation["responses"].items()],
    }


def _parameter(parameter: Shape) -> Shape:
    description = parameter.get("description") or parameter["schema"].get("description", "")
    return {**parameter, "description": description.replace("`", "")}


def _answer(schema: Shape, status: str, answer: Shape) -> Shape:
    content = answer.get("content", {})
    refused = table.CONTENT_TYPE in content
    return {
        "status": status,
        "description": answer.get("description", ""),
        "refused": refused,
        "fields": [] if refused else _fields(schema, content),
    }


def _fields(schema: Shape, content: Shape) -> list[Shape]:
    shape = content.get("application/json", {}).get("schema", {})
    return [_field(name, field, required) for name, field, required in _properties(schema, shape)]


def _field(name: str, field: Shape, required: bool) -> Shape:
    description = field.get("description", "").replace("`", "")
    return {"name": name, "kind": _kind(field), "required": required, "description": description}


def _properties(schema: Shape, shape: Shape, path: str = "") -> Iterator[tuple[str, Shape, bool]]:
    """Every named field, nested ones with a dotted path."""
    shape = _resolved(schema, shape)
    if shape.get("type") == "array":
        yield from _properties(schema, shape["items"], f"{path}[]")
    for name, field in shape.get("properties", {}).items():
        dotted = f"{path}.{name}".lstrip(".")
        inner = [] if _is_amount(schema, field) else list(_properties(schema, field, dotted))
        yield from inner or [(dotted, _resolved(schema, field), name in shape.get("required", []))]


def _resolved(schema: Shape, shape: Shape) -> Shape:
    reference = shape.get("$ref") or next((one.get("$ref") for one in shape.get("allOf", [])), None)
    if reference is None:
        return shape
    return dict(schema["components"]["schemas"][reference.rpartition("/")[2]])


def _is_amount(schema: Shape, field: Shape) -> bool:
    """Amounts are one thing to a reader, though two fields on the wire."""
    return set(_resolved(schema, field).get("properties", {})) == {"amount", "currency"}


def _kind(field: Shape) -> str:
    if values := field.get("enum"):
        return " · ".join(str(value) for value in values)
    return str(field.get("format") or field.get("type") or _("objet"))
