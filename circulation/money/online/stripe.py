"""Stripe's API shape over HTTP: a Checkout session for an attempt, refunds, and signed messages about both.

Source of the shapes: https://docs.stripe.com/api/checkout/sessions, /api/refunds, /api/idempotent_requests,
/webhooks/signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from circulation.models import GivingBack, PaymentAttempt
from circulation.money.online.port import BegunPayment, NotVerified, ProviderDown, ProviderRefuses, ProviderWord
from circulation.rules import amounts
from library.profile import currencies

if TYPE_CHECKING:
    from httpx import Response

TIMEOUT = 10.0  # seconds
TRIES = 3  # with the same key, so that a repeat changes nothing
PAUSE = 0.3  # seconds, times how often it was tried
OLDEST = 300  # seconds between a message's own time and its receipt
IN_PROGRESS = 409  # another request with this key is under way
DIGITS = {"ISK": 2, "UGX": 2}  # where Stripe counts otherwise than ISO 4217
PAID = {"checkout.session.completed", "checkout.session.async_payment_succeeded"}
OTHERWISE = {"checkout.session.expired": "ended", "checkout.session.async_payment_failed": "failed"}
REFUNDS = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
# What a refund's status means; older messages have none, and tell of what has happened.
GIVEN_BACK = {None: "refunded", "succeeded": "refunded", "failed": "not_refunded", "canceled": "not_refunded"}
MOST_REFUNDS = 100  # of one payment, that are looked through


@dataclass
class Stripe:
    """``secrets``: of the messages; two are good while one is changed for the other."""

    key: str
    secrets: tuple[str, ...]
    url: str = "https://api.stripe.com"
    timeout: float = field(default_factory=lambda: TIMEOUT)

    def begin(self, attempt: PaymentAttempt, *, label: str, back: str) -> BegunPayment:
        form = {
            "mode": "payment",
            "client_reference_id": str(attempt.pk),
            "metadata[attempt]": str(attempt.pk),
            "payment_intent_data[metadata][attempt]": str(attempt.pk),
            "success_url": f"{back}?paid=1",
            "cancel_url": back,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": attempt.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(self.units_of(attempt)),
            "line_items[0][price_data][product_data][name]": label,
        }
        answer = self._ask("POST", "/v1/checkout/sessions", form=form, key=f"{attempt.pk}:{attempt.key}")
        if not isinstance(answer.get("id"), str) or not isinstance(answer.get("url"), str):
            raise ProviderDown
        return BegunPayment(answer["id"], answer["url"])

    def look(self, attempt: PaymentAttempt) -> ProviderWord | None:
        answer = self._ask("GET", f"/v1/checkout/sessions/{attempt.provider_id}")
        if answer.get("payment_status") == "paid":
            return self._of_session(f"look:{attempt.provider_id}", "paid", answer)
        if answer.get("status") == "expired":
            return self._of_session(f"look:{attempt.provider_id}", "ended", answer)
        return None

    def give_back(self, asked: GivingBack) -> ProviderWord:
        form = {
            "payment_intent": asked.attempt.intent,
            "amount": str(amounts.in_units(asked.amount, self.digits(asked.attempt.currency))),
            "reason": "requested_by_customer",
            "metadata[giving_back]": str(asked.pk),
        }
        return self._of_answer(self._ask("POST", "/v1/refunds", form=form, key=f"giving-back:{asked.pk}"))

    def look_for(self, asked: GivingBack) -> ProviderWord | None:
        found = self._ask("GET", f"/v1/refunds?payment_intent={asked.attempt.intent}&limit={MOST_REFUNDS}").get("data")
        if not isinstance(found, list):
            raise ProviderDown
        told = [self._of_answer(thing) for thing in found]
        return next((word for word in told if word.giving_back == str(asked.pk)), None)

    def _of_answer(self, thing: Any) -> ProviderWord:
        """Errors: ``ProviderDown`` for what is no refund."""
        try:
            return self._of_refund(f"answer:{thing['id']}:{thing['status']}", thing)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise ProviderDown from fault

    def read(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> ProviderWord:
        self._verify(body, headers.get("Stripe-Signature", ""), at=at)
        try:
            event = json.loads(body)
            kind, thing = str(event["type"]), event["data"]["object"]
            return self._told(str(event["id"]), kind, thing)
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise NotVerified from fault

    def digits(self, currency: str) -> int:
        return DIGITS.get(currency.upper(), currencies.digits()[currency.upper()])

    def units_of(self, attempt: PaymentAttempt) -> int:
        """The sum of an attempt as it goes over the wire."""
        return amounts.in_units(attempt.amount, self.digits(attempt.currency))

    def _told(self, event_id: str, kind: str, thing: Mapping[str, Any]) -> ProviderWord:
        if kind in PAID:
            return self._of_session(event_id, "paid" if thing.get("payment_status") == "paid" else "other", thing)
        if kind in OTHERWISE:
            return self._of_session(event_id, OTHERWISE[kind], thing)
        return self._of_refund(event_id, thing) if kind in REFUNDS else ProviderWord(event_id, "other")

    def _of_refund(self, event_id: str, thing: Mapping[str, Any]) -> ProviderWord:
        return ProviderWord(
            event_id,
            GIVEN_BACK.get(thing.get("status"), "to_be_refunded"),
            intent=str(thing.get("payment_intent") or ""),
            refund_id=str(thing["id"]),
            giving_back=str((thing.get("metadata") or {}).get("giving_back") or ""),
            units=int(thing["amount"]),
            currency=str(thing["currency"]).upper(),
        )

    def _of_session(self, event_id: str, kind: str, thing: Mapping[str, Any]) -> ProviderWord:
        return ProviderWord(
            event_id,
            kind,
            attempt=str(thing.get("client_reference_id") or ""),
            provider_id=str(thing.get("id") or ""),
            intent=str(thing.get("payment_intent") or ""),
            units=int(thing.get("amount_total") or 0),
            currency=str(thing.get("currency") or "").upper(),
        )

    def _verify(self, body: bytes, signature: str, *, at: datetime) -> None:
        """A ``v1`` of one of our secrets over time and body, and a time near that of the receipt."""
        parts = [part.partition("=") for part in signature.split(",")]
        stamp = next((value for name, _sign, value in parts if name.strip() == "t"), "")
        given = [value.strip() for name, _sign, value in parts if name.strip() == "v1"]
        if not stamp.isascii() or not stamp.isdigit() or abs(at.timestamp() - int(stamp[:15])) > OLDEST:
            raise NotVerified
        signed = stamp.encode() + b"." + body
        right = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets if secret]
        if not any(hmac.compare_digest(one.encode(), other.encode()) for one in right for other in given):
            raise NotVerified

    def _ask(self, method: str, path: str, *, form: Mapping[str, str] | None = None, key: str = "") -> dict[str, Any]:
        import httpx  # needed where somebody pays online, and by nobody else

        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        for tried in range(1, TRIES + 1):
            try:
                answer = httpx.request(
                    method, self.url + path, data=dict(form or {}), headers=headers, timeout=self.timeout
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code not in {IN_PROGRESS, 429}:
                return _read(answer)
            if tried < TRIES:
                time.sleep(PAUSE * tried)
        raise ProviderDown


def _read(answer: Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as fault:
        raise ProviderDown from fault
    if not isinstance(found, dict):
        raise ProviderDown
    if answer.status_code >= 400:
        told = found.get("error")
        raise ProviderRefuses(str(told.get("message", ""))[:300] if isinstance(told, dict) else "")
    return found
