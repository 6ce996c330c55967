"""The addresses of the REST API and its documents."""

from threading import Lock
from typing import Any

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from library.pages.views.system import ApiDocsView

ONE_AT_A_TIME = Lock()


class SchemaView(SpectacularAPIView):
    """drf-spectacular loads its extensions at the first request, and two first requests at once are a 500."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ONE_AT_A_TIME:
            return super().dispatch(request, *args, **kwargs)


urlpatterns = [
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("library.jobs.api.urls")),
    path("v1/", include("catalog.api.urls")),
    path("v1/", include("circulation.api.urls")),
    path("v1/", include("rag.api.urls")),
    path("v1/", include("aistudy.api.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", ApiDocsView.as_view(), name="api-docs"),
]
