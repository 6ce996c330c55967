"""The addresses of the REST API and its documents."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from library.pages.views.system import ApiDocsView

urlpatterns = [
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("library.jobs.api.urls")),
    path("v1/", include("catalog.api.urls")),
    path("v1/", include("circulation.api.urls")),
    path("v1/", include("rag.api.urls")),
    path("v1/", include("aistudy.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", ApiDocsView.as_view(), name="api-docs"),
]
