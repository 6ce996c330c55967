"""The library's logo, for everybody."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from library.profile import services


@require_safe
def logo(request: HttpRequest, name: str) -> HttpResponseBase:
    """The picture; its address changes with it, so browsers may keep it. 404 for one that is gone."""
    found = services.current().logo
    if not found or found.name != f"library/{name}.png":
        raise Http404
    try:
        answer = FileResponse(found.open(), content_type="image/png")
    except FileNotFoundError as lost:
        raise Http404 from lost
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
