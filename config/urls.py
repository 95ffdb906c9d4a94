"""Every address of the application, by package."""

from django.urls import include, path

urlpatterns = [
    path("", include("config.identity.urls")),
    path("", include("billing.web.urls")),
    path("", include("royalties.web.urls")),
    path("", include("reports.web.urls")),
    path("api/v1/", include("config.identity.api_urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("royalties.api.urls")),
    path("api/v1/", include("reading.api.urls")),
]
