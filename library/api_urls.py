"""The addresses of the REST API and its documents."""

from django.urls import include, path

from library.pages.views.api_documents import ApiDocsView, SchemaView, api_reference

urlpatterns = [
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("library.jobs.api.urls")),
    path("v1/", include("library.notices.api.urls")),
    path("v1/", include("catalog.api.urls")),
    path("v1/", include("circulation.api.urls")),
    path("v1/", include("rag.api.urls")),
    path("v1/", include("rag.conversations.api.urls")),
    path("v1/", include("aistudy.api.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", ApiDocsView.as_view(), name="api-docs"),
    path("reference/", api_reference, name="api-reference"),
]
