"""Django's handler, with each request in one thread from its beginning to its end.

All of our middleware and views are synchronous. Django's own handler begins such a request on the server's loop, hands
it to a thread for the middleware, takes it back, and hands it over again for the view, in a thread that is started for
this request; under load most of the time goes there. Here a request that is whole goes to a thread that is kept, and
only its answer comes back.

Static files stay with Django's own handler: they are sent piece by piece and ask no view.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
KEPT = 16  # threads that wait for the next request; as many more as are needed come and go


class OneThreadHandler(ASGIHandler):
    """Answers HTTP requests, each in a thread of its own while it lasts."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = False) -> None:
        """The chain without async parts, whatever Django asks for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError("Only HTTP is answered here.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        answer = await _run_in(thread, self._answered, scope, body)
        if isinstance(answer, HttpResponseBase):
            await self._stream(answer, thread, receive, send)
        else:
            for message in answer:
                await send(message)
        # Whoever is cut off does not come here, and leaves a thread at work: neither it nor its request is touched.
        body.close()
        self._keep(thread)

    def _answered(self, scope: Scope, body: IO[bytes]) -> list[Message] | HttpResponseBase:
        """In the thread: the answer as the messages that send it, closed; or itself where it comes piece by piece."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, wrong = self.create_request(scope, body)
        response: HttpResponseBase = self.get_response(request) if request else cast(HttpResponseBase, wrong)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # tells who has finished
        if response.streaming:
            return response
        try:
            return _messages(response)
        finally:
            response.close()

    async def _stream(
        self, response: HttpResponseBase, thread: ThreadPoolExecutor, receive: Receive, send: Send
    ) -> None:
        """Send an answer piece by piece until its end or until nobody listens; what makes the pieces runs in
        ``thread``, which has the view's connection to the database."""
        async with ThreadSensitiveContext(executor=thread):
            sending = asyncio.ensure_future(self.send_response(response, send))
            leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                for task in (leaving, sending):
                    task.cancel()
                await asyncio.gather(leaving, sending, return_exceptions=True)
                await sync_to_async(response.close)()

    def _keep(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(thread)
        else:
            thread.shutdown(wait=False)


class ByAddress:
    """Static files by one application, all else by the other."""

    def __init__(self, *, static: Application, others: Application) -> None:
        self._static, self._others, self._prefix = static, others, settings.STATIC_URL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_static = scope["type"] == "http" and scope["path"].startswith(self._prefix)
        await (self._static if is_static else self._others)(scope, receive, send)


async def _run_in(thread: ThreadPoolExecutor, work: Callable[..., Any], *given: Any) -> Any:
    context = contextvars.copy_context()  # the deadline of the request goes along
    return await asyncio.get_running_loop().run_in_executor(thread, context.run, work, *given)


def _messages(response: HttpResponseBase) -> list[Message]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [(b"Set-Cookie", one.output(header="").encode("ascii").strip()) for one in response.cookies.values()]
    body = response.content  # type: ignore[attr-defined]  # it does not stream
    return [
        {"type": "http.response.start", "status": response.status_code, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
