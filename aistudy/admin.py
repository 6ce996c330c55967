"""Study content, to look at: it is made by jobs alone."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aistudy.models import Artifact
from library.core.admin import SYSTEM


@admin.register(Artifact)
class ArtifactAdmin(admin.ModelAdmin[Artifact]):
    part, place, called = SYSTEM, 5, _("Study content")
    list_display = ["book", "kind", "language", "state", "writer", "error", "updated_at"]
    list_filter = ["state", "kind", "language"]
    list_select_related = ["document__book"]
    search_fields = ["document__book__title"]

    @admin.display(description=_("book"))
    def book(self, artifact: Artifact) -> str:
        return str(artifact.document)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Artifact | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Artifact | None = None) -> bool:
        return False
