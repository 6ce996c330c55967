"""Every address of the library."""

from importlib import import_module

from django.contrib import admin
from django.urls import include, path

from library.core.companions import left_out

with left_out("jinja2"):  # for templates that are none of ours, by way of a test client of the API's documents
    import_module("django.test.utils")

admin.autodiscover()  # every page of the admin; processes without addresses need none

urlpatterns = [
    path("", include("library.pages.urls")),
    path("", include("library.jobs.urls")),
    path("", include("library.profile.urls")),
    path("", include("library.notices.urls")),
    path("accounts/", include("accounts.urls")),
    path("catalogue/", include("catalog.urls")),
    path("", include("circulation.urls")),
    path("", include("rag.urls")),
    path("", include("rag.conversations.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("library.api_urls")),
]

handler400 = "library.pages.handlers.bad_request"
handler403 = "library.pages.handlers.permission_denied"
handler404 = "library.pages.handlers.not_found"
handler500 = "library.pages.handlers.server_error"
