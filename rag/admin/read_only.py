"""What jobs make, and nobody writes by hand."""

from __future__ import annotations

from django.http import HttpRequest


class ReadOnly:
    """Nothing here is changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
