"""Every address of the library."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()  # every page of the admin; processes without addresses need none

urlpatterns = [
    path("", include("library.pages.urls")),
    path("", include("library.jobs.urls")),
    path("accounts/", include("accounts.urls")),
    path("catalogue/", include("catalog.urls")),
    path("", include("circulation.urls")),
    path("", include("rag.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("library.api_urls")),
]

handler400 = "library.pages.handlers.bad_request"
handler403 = "library.pages.handlers.permission_denied"
handler404 = "library.pages.handlers.not_found"
handler500 = "library.pages.handlers.server_error"
