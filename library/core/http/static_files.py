"""Static files before all that is asked of a view: hashed, compressed, from the web process itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware
from servestatic.middleware import ServeStaticMiddleware


@sync_and_async_middleware
def static_files(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """ServeStatic's middleware, which is asynchronous alone, for both kinds of chain.

    In the web process static files have a chain of their own (``library.core.http.one_thread``), so that nobody in the
    other one pays for the way there and back. Tests, and whoever else runs that one, get them all the same.
    """
    if iscoroutinefunction(get_response):
        return ServeStaticMiddleware(get_response)  # type: ignore[no-any-return]

    @cache  # it looks at every file there is
    def served() -> Callable[[HttpRequest], Any]:
        return async_to_sync(ServeStaticMiddleware(sync_to_async(get_response)))

    def answered(request: HttpRequest) -> Any:
        return served()(request) if request.path_info.startswith(settings.STATIC_URL) else get_response(request)

    return answered
