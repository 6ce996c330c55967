"""A mail server for tests: real SMTP on a real socket, with answers that the test chooses."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Conversation(socketserver.StreamRequestHandler):
    """One client, until it says QUIT or goes."""

    server: MailServer
    timeout = 10

    def handle(self) -> None:
        self.say("220 mail.test ready")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                self.say("221 bye")
                return
            if verb == b"DATA":
                self.take_letter()
            elif verb == b"RCPT":
                self.say(self.server.answer_to_recipients)
            else:
                self.say("250 mail.test" if verb in {b"EHLO", b"HELO", b"MAIL", b"RSET"} else "502 what?")

    def take_letter(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        letter = b"".join(lines).decode()
        answer = self.server.next_answer(letter)
        if answer.startswith("250"):
            self.server.letters.append(letter)
        self.say(answer)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it said yes to in ``letters``; what it was offered in ``offered``."""

    daemon_threads = True

    def __init__(self, answers: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters: list[str] = []
        self.offered: list[str] = []
        self.answer_to_recipients = "250 known"
        self._answers = list(answers)
        self._lock = threading.Lock()

    def next_answer(self, letter: str) -> str:
        """The next of the chosen answers; yes, once they are used up."""
        with self._lock:
            self.offered.append(letter)
            return self._answers.pop(0) if self._answers else "250 taken"


@contextmanager
def mail_server(settings: Any, *answers: str) -> Iterator[MailServer]:
    """A server that the settings point to, answering letters with ``answers`` and then with yes."""
    with MailServer(answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
