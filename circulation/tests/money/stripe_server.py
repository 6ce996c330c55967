"""A small server that speaks Stripe's API shape over HTTP, and can stall, refuse, repeat itself and talk rubbish."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

KEY, SECRET = "sk_test_1", "whsec_1"


class Stripe:
    """What it was asked (``asked``), and how it answers: ``moods``, one for each request, then as it should."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self.moods: list[str] = []
        self.kept: dict[str, tuple[dict[str, str], int, Any]] = {}  # by Idempotency-Key
        self.busy = 0  # requests that are not answered yet
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refund_status = "succeeded"  # of those that begin now
        self.refundable: dict[str, int] = {}  # what may still go back of an intent, in its smallest units

    def answer(self, method: str, path: str, form: dict[str, str], key: str) -> tuple[int, bytes]:
        self.asked.append({"method": method, "path": path, "key": key, **form})
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "stalls":
            time.sleep(0.6)
        if mood == "rubbish":
            return 200, b"<html>hello"
        if mood == "list":
            return 200, b"[1]"
        if mood == "breaks":
            return 500, b"{}"
        if mood == "busy":
            return 409, json.dumps({"error": {"code": "idempotency_key_in_use"}}).encode()
        if mood == "refuses":
            return 402, json.dumps({"error": {"code": "card_declined", "message": "Your card was declined."}}).encode()
        if method == "GET" and path.startswith("/v1/refunds?"):
            intent = dict(parse_qsl(path.partition("?")[2]))["payment_intent"]
            found = [one for one in self.refunds.values() if one["payment_intent"] == intent]
            return 200, json.dumps({"object": "list", "data": found}).encode()
        if method == "GET":
            return 200, json.dumps(self.sessions[path.rsplit("/", 1)[1]]).encode()
        if key in self.kept and self.kept[key][0] != form:
            return 400, json.dumps({"error": {"message": "Keys can only be used with the same parameters."}}).encode()
        if key not in self.kept:
            done = self.refund(form) if path == "/v1/refunds" else (200, self.session(form))
            self.kept[key] = (form, *done)
        if mood == "does it and breaks":
            return 500, b"{}"
        return self.kept[key][1], json.dumps(self.kept[key][2]).encode()

    def session(self, form: dict[str, str]) -> dict[str, Any]:
        pk = f"cs_{len(self.sessions) + 1}"
        session = {"id": pk, "url": f"https://pay.example.org/{pk}", "payment_status": "unpaid", "status": "open"}
        self.sessions[pk] = session | {"client_reference_id": form["client_reference_id"]}
        return session

    def refund(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """As the provider does it: no more than came in, and of an intent that it knows."""
        intent, units = form["payment_intent"], int(form["amount"])
        if units > self.refundable.get(intent, 0):
            return 400, {"error": {"code": "charge_already_refunded", "message": "Charge has already been refunded."}}
        self.refundable[intent] -= units
        pk = f"re_{len(self.refunds) + 1}"
        self.refunds[pk] = {
            "id": pk,
            "object": "refund",
            "amount": units,
            "currency": "eur",
            "payment_intent": intent,
            "status": self.refund_status,
            "metadata": {"giving_back": form["metadata[giving_back]"]},
        }
        return 200, dict(self.refunds[pk])


@contextmanager
def running() -> Iterator[Stripe]:
    stripe = Stripe()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if self.headers["Authorization"] != f"Bearer {KEY}":
                status, content = 401, b'{"error": {"message": "Invalid API Key"}}'
            else:
                key = self.headers.get("Idempotency-Key", "")
                stripe.busy += 1
                try:
                    status, content = stripe.answer(self.command, self.path, dict(parse_qsl(body)), key)
                finally:
                    stripe.busy -= 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _do

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stripe.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stripe
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signed(body: bytes, *, secret: str = SECRET, at: int, scheme: str = "v1") -> str:
    """The header ``Stripe-Signature`` of a message."""
    mac = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def paid_event(attempt: Any, *, event: str = "evt_1", units: int, currency: str = "eur", intent: str = "pi_1") -> bytes:
    """Money came in for an attempt."""
    thing = {
        "id": attempt.provider_id or "cs_x",
        "client_reference_id": str(attempt.pk),
        "payment_status": "paid",
        "payment_intent": intent,
        "amount_total": units,
        "currency": currency,
    }
    return json.dumps({"id": event, "type": "checkout.session.completed", "data": {"object": thing}}).encode()


def refund_event(
    refund: str, units: int, *, event: str, intent: str = "pi_1", currency: str = "eur", status: str = "succeeded"
) -> bytes:
    """Money went back: ``units`` is this refund's own sum."""
    thing = {"id": refund, "amount": units, "currency": currency, "payment_intent": intent, "status": status}
    return json.dumps({"id": event, "type": "refund.created", "data": {"object": thing}}).encode()


def event_of(thing: dict[str, Any], *, event: str, kind: str = "refund.updated") -> bytes:
    """What the provider tells of a refund that it keeps."""
    return json.dumps({"id": event, "type": kind, "data": {"object": thing}}).encode()
