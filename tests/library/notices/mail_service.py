"""A mail service on this machine that speaks the HTTP of SendGrid (v3 mail/send) and Postmark (email), and fails alike."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "sendgrid": (202, b"", {"X-Message-Id": "a"}),
    "postmark": (
        200,
        b'{"To": "ada@example.org", "SubmittedAt": "2026-11-16T09:00:00Z", "MessageID": "b", "ErrorCode": 0, "Message": "OK"}',
        {},
    ),
}
INACTIVE: tuple[int, bytes, dict[str, str]] = (  # Postmark's word for an address that bounced before
    422,
    b'{"ErrorCode": 406, "Message": "You tried to send to recipient(s) that have been marked as inactive. Found inactive'
    b' addresses: ada@example.org. Inactive recipients are ones that have generated a hard bounce."}',
    {},
)


class MailService(ThreadingHTTPServer):
    """``answer``: what it says to the next letter. ``released``: lets one go whose answer it kept back."""

    daemon_threads = True

    def __init__(self, service: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service, self.answer, self.stalls = service, GOOD[service], False
        self.letters: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.released = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.stalls:
            self.server.released.wait(20)
            return
        self.server.letters.append(json.loads(body))
        self.server.headers.append(self.headers)
        self.server.paths.append(self.path)
        status, said, headers = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def mail_service(settings: Any, service: str) -> Iterator[MailService]:
    """The service, and settings that send mail through it as those of ``LYCEUM_EMAIL_URL`` do."""
    from library.core.config.mail import way_of

    server = MailService(service)
    way = way_of(f"{service}://the-key@", timeout=1)
    port = server.server_address[1]
    settings.EMAIL_BACKEND = way.backend
    path = "v3/" if service == "sendgrid" else ""
    local = {f"{service.upper()}_API_URL": f"http://127.0.0.1:{port}/{path}", "REQUESTS_TIMEOUT": (1, 1)}
    settings.ANYMAIL = {**way.anymail, **local}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
