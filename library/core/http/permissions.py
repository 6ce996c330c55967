"""Who may call an endpoint."""

from __future__ import annotations

from django.views import View
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


def requires(*permissions: str) -> type[BasePermission]:
    """A permission class that lets through only signed-in users who have every one of ``permissions``."""

    class Requires(BasePermission):
        def has_permission(self, request: Request, view: View) -> bool:
            return bool(request.user and request.user.is_authenticated and request.user.has_perms(permissions))

    return Requires
