"""`/metrics` for Prometheus: requests by route and status. Routes are patterns, never addresses: no ids in labels."""

import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

disable_created_metrics()  # one more series for each, that nobody asks for
_REQUESTS = Counter("coko_requests", "Requests answered.", ["route", "method", "status"])
_SECONDS = Histogram(
    "coko_request_seconds",
    "Time to the answer.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(*, route: str, method: str, status: int, seconds: float) -> None:
    """Called once for every answer."""
    method = method if method in _METHODS else "other"
    _REQUESTS.labels(route, method, str(status)).inc()
    _SECONDS.labels(route, method).observe(seconds)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Open in the demo; in production only to the scraper that knows `COKO_METRICS_TOKEN`."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return not settings.PRODUCTION
    given = request.headers.get("Authorization", "")
    return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
