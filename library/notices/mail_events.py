"""What a mail service reports of letters that did not arrive or were not wanted. Only who knows the secret is heard.

A report is taken as a whole or not at all, so that the service sends it again after a fault of ours; told twice, late
or out of order it changes nothing more (``addresses.mark``).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from library.core.email_addresses import cleaned
from library.notices import addresses, kinds
from library.notices.models import MarkReason

log = logging.getLogger(__name__)
# What reads the reports of each service; imported when the first one comes.
READERS = {
    "sendgrid": "anymail.webhooks.sendgrid.SendGridTrackingWebhookView",
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
}
PASSING = {"blocked", "SoftBounce"}  # by the services' own words: not about the address, or not for good
ABOUT = {*kinds.GROUPS, kinds.DIGEST}


@csrf_exempt
@require_POST
def receive(request: HttpRequest, service: str) -> HttpResponse:
    """200 once all of it is written down; 403 without the secret, 404 where nobody may report, 400 for what is no
    report of this service."""
    if not settings.MAIL_EVENTS_SECRET or service not in READERS:
        raise Http404
    reader = import_string(READERS[service])(webhook_secret=settings.MAIL_EVENTS_SECRET)
    if not _is_from_service(reader, request):
        return HttpResponse(status=403)
    try:
        events = reader.parse_events(request)
    except Exception as fault:  # the reader trusts the service; what else may stand in a report nobody knows
        log.warning("A report of %s could not be read: %s", service, type(fault).__name__)
        return HttpResponse(status=400)
    with transaction.atomic():
        for event in events:
            take(event)
    return HttpResponse()


def _is_from_service(reader: Any, request: HttpRequest) -> bool:
    from anymail.exceptions import AnymailWebhookValidationFailure

    try:
        reader.run_validators(request)
    except AnymailWebhookValidationFailure:
        return False
    return True


def take(event: Any) -> None:
    """Mark the address of one event, where it says something of it."""
    found = judge(event)
    if found is None:
        return
    reason, about = found
    try:
        address = cleaned(str(event.recipient or ""))
    except ValidationError:
        return
    addresses.mark(address=address, reason=reason, about=about, at=_moment(event.timestamp))


def judge(event: Any) -> tuple[MarkReason, str] | None:
    """Why the address is to be marked, and about which group of notices (empty: all); None: it is not.

    A complaint is about the letter that it came for. Where nobody knows which that was, as of a code, it silences
    nothing.
    """
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    kind, why = event.event_type, event.reject_reason
    about = str((event.metadata or {}).get("about", ""))
    if raw.get("type") in PASSING or raw.get("Type") in PASSING:
        return None
    if kind == "bounced":
        return (MarkReason.BOUNCED, "") if why in (None, "bounced", "invalid") else None
    if kind == "rejected" and why in {"bounced", "invalid"}:
        return MarkReason.REJECTED, ""
    is_complaint = kind == "complained" or why == "spam" or "spam report" in str(raw.get("reason", "")).lower()
    is_unsubscribed = kind == "unsubscribed" or why == "unsubscribed"
    if about in ABOUT and (is_complaint or is_unsubscribed):
        return (MarkReason.COMPLAINED if is_complaint else MarkReason.UNSUBSCRIBED), about
    return None


def _moment(told: datetime | None) -> datetime:
    now = timezone.now()
    return min(told, now) if told is not None and timezone.is_aware(told) else now
