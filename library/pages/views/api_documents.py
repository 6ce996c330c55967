"""The OpenAPI document, and its two faces: Swagger UI to try it, a page to read it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from library.pages.api_reference import groups, introduction, shapes

ONE_AT_A_TIME = Lock()


class SchemaView(SpectacularAPIView):
    """The document, made once in the life of a process: nothing in it depends on who asks."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        renderer = request.accepted_renderer
        # drf-spectacular loads its extensions at the first request, and two first requests at once are a 500.
        with ONE_AT_A_TIME:
            text, etag = document(renderer.format == "json", get_language())
        response = HttpResponse(text, content_type=renderer.media_type)
        response["Content-Disposition"] = f'inline; filename="lyceum.{renderer.format}"'
        response["ETag"] = etag
        patch_cache_control(response, public=True, max_age=60)
        return get_conditional_response(request._request, etag=etag, response=response) or response


@lru_cache(maxsize=8)
def document(is_json: bool, language: str | None) -> tuple[bytes, str]:
    """The whole document, as JSON or YAML, in the active ``language``, and its entity tag."""
    renderer = OpenApiJsonRenderer() if is_json else OpenApiYamlRenderer()
    text = renderer.render(_whole(), renderer_context={})
    body = text if isinstance(text, bytes) else text.encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class ApiDocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own address, its start-up script as a second request of the same address."""

    template_name = "pages/api_docs.html"  # without the style element of the original: it runs under the strict policy


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """The document as one page, for those who read it: no script, light and dark, for screen readers and paper."""
    with ONE_AT_A_TIME:
        rows = reference_rows(get_language())
    return render(request, "pages/api_reference.html", rows)


@lru_cache(maxsize=4)
def reference_rows(language: str | None) -> dict[str, Any]:
    """What the page shows of the document, worked out once for each language."""
    told = _whole()
    named = shapes(told)
    return {
        "introduction": introduction(told),
        "groups": groups(told),
        "shapes": named,
        "named": {one.name for one in named},
    }


def _whole() -> dict[str, Any]:
    whole: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # it has no types
    return whole
