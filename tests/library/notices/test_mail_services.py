"""Letters and codes over HTTP, to servers that answer as SendGrid and Postmark do, and as broken ones do."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Purpose
from accounts.services import printed_letters
from accounts.sign_in import codes
from library.core.config.mail import way_of
from library.notices import addresses, outbox
from library.notices import services as notices
from library.notices.models import AddressMark, NoticeState
from tests.library.notices.conftest import MINUTE, MONDAY, queued, state_of
from tests.library.notices.mail_service import INACTIVE, mail_service

pytestmark = pytest.mark.django_db
SERVICES = ["sendgrid", "postmark"]
SOON = MONDAY + 5 * MINUTE
SECRET = "lyceum:a-long-and-random-secret"


@pytest.fixture(params=SERVICES)
def service(request, settings):
    with mail_service(settings, request.param) as server:
        yield server


def parts(server):
    """To whom, subject, text and HTML of the one letter, and what comes back with a report of it."""
    (sent,) = server.letters
    if server.service == "sendgrid":
        (personal,) = sent["personalizations"]
        content = {part["type"]: part["value"] for part in sent["content"]}
        return personal["to"][0]["email"], sent["subject"], content["text/plain"], content.get("text/html"), sent
    return sent["To"], sent["Subject"], sent["TextBody"], sent.get("HtmlBody"), sent


def test_a_letter_goes_out_with_both_its_parts_and_what_it_is_about(ada, service):
    row = queued(ada, "Cat's & <Dog's>")
    assert outbox.send_due(at=SOON) == 1
    to, subject, text, html, sent = parts(service)
    assert (to, subject) == ("ada@example.org", "Your loans are due soon · Lyceum")
    assert "“Cat's & <Dog's>”" in text
    assert "“Cat&#x27;s &amp; &lt;Dog&#x27;s&gt;”" in html
    about = sent["custom_args"] if service.service == "sendgrid" else sent["Metadata"]
    assert (about["about"], about["notice"]) == ("due", str(row.pk))
    headers = service.headers[0]
    key = headers["Authorization"] if service.service == "sendgrid" else headers["X-Postmark-Server-Token"]
    assert key.endswith("the-key")
    assert service.paths == ["/v3/mail/send" if service.service == "sendgrid" else "/email"]


def test_a_code_goes_the_same_way(ada, service):
    row = codes.request_code(email=ada.email, purpose=Purpose.RESET, at=MONDAY)
    assert codes.send(code_id=row.pk, at=MONDAY)
    to, subject, _text, _html, sent = parts(service)
    assert (to, subject) == ("ada@example.org", "Your code for a new password · Lyceum")
    assert "about" not in json.dumps(sent)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, b'{"errors": [{"message": "secret words"}]}', {}), "AnymailRequestsAPIError 401"),
        ((429, b"slow down", {"Retry-After": "60"}), "AnymailRequestsAPIError 429"),
        ((500, b"<html>secret words</html>", {}), "AnymailRequestsAPIError 500"),
        ((302, b"", {"Location": "http://127.0.0.1:1/"}), "AnymailRequestsAPIError"),
    ],
    ids=["401", "429", "500", "moved"],
)
def test_what_the_service_does_not_take_waits_and_is_taken_the_second_time(ada, service, answer, error, caplog):
    row = queued(ada)
    good, service.answer = service.answer, answer
    assert outbox.send_due(at=SOON) == 0
    assert state_of(row) == NoticeState.WAITING
    assert row.error.startswith(error)
    assert row.due_at == SOON + MINUTE
    assert "secret words" not in caplog.text
    assert "ada@example.org" not in caplog.text
    service.answer = good
    assert outbox.send_due(at=SOON + MINUTE) == 1


@pytest.mark.parametrize("said", [b"not JSON", b"[]", b'"x"', b"{}"])
def test_rubbish_from_postmark_is_no_success(ada, settings, said):
    with mail_service(settings, "postmark") as server:
        server.answer = (200, said, {})
        row = queued(ada)
        outbox.send_due(at=SOON)
    assert state_of(row) == NoticeState.WAITING


def test_a_service_that_stalls_keeps_no_worker_longer_than_its_time(ada, service):
    row = queued(ada)
    service.stalls = True
    assert outbox.send_due(at=SOON) == 0
    assert state_of(row) == NoticeState.WAITING
    assert "Anymail" in row.error


def test_a_service_that_is_away_fails_no_action(ada, service):
    service.shutdown()
    service.server_close()
    row = queued(ada)
    assert outbox.send_due(at=SOON) == 0
    assert state_of(row) == NoticeState.WAITING


def test_an_address_that_the_service_refuses_for_good_is_marked_and_told_on_paper(ada, settings):
    with mail_service(settings, "postmark") as server:
        server.answer = INACTIVE
        row = queued(ada)
        assert outbox.send_due(at=SOON) == 0
        assert addresses.marked_groups("ada@example.org") == {""}
        assert outbox.send_due(at=SOON + MINUTE) == 0
        assert len(server.letters) == 1
    assert state_of(row) == NoticeState.PAPER
    assert len(printed_letters.to_print()) == 1


@pytest.mark.parametrize(
    ("url", "backend", "anymail"),
    [
        (
            "sendgrid://SG.a-B.c@",
            "anymail.backends.sendgrid.EmailBackend",
            {"SENDGRID_API_KEY": "SG.a-B.c", "SENDGRID_API_URL": "https://api.sendgrid.com/v3/"},
        ),
        (
            "sendgrid://:SG.a%2Fb@api.eu.sendgrid.com",
            "anymail.backends.sendgrid.EmailBackend",
            {"SENDGRID_API_KEY": "SG.a/b", "SENDGRID_API_URL": "https://api.eu.sendgrid.com/v3/"},
        ),
        (
            "postmark://TOKEN@",
            "anymail.backends.postmark.EmailBackend",
            {"POSTMARK_SERVER_TOKEN": "TOKEN", "POSTMARK_API_URL": "https://api.postmarkapp.com/"},
        ),
        ("console:", "django.core.mail.backends.console.EmailBackend", {}),
        ("smtps://a:b@host", "django.core.mail.backends.smtp.EmailBackend", {}),
        ("", "django.core.mail.backends.smtp.EmailBackend", {}),
    ],
)
def test_one_address_says_which_way_mail_goes(url, backend, anymail):
    way = way_of(url, timeout=10)
    assert way.backend == backend
    assert way.anymail.items() >= anymail.items()
    assert way.use_ssl is url.startswith("smtps")


# Reports of the service

BOUNCE_AT = 1_795_000_000


def report(service, body, *, secret=SECRET, client=None):
    given = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    address = f"/mail/events/{service}/"
    return (client or Client(enforce_csrf_checks=True)).post(
        address, text, content_type="application/json", headers=given
    )


def sendgrid(event, **values):
    return {"event": event, "email": "ada@example.org", "timestamp": BOUNCE_AT, "sg_event_id": "e1", **values}


def postmark(kind, of_type="", **values):
    told = {"RecordType": kind, "ID": 7, "Type": of_type, "MessageID": "b", "BouncedAt": "2026-11-18T10:00:00Z"}
    return {**told, "Email": "ada@example.org", **values}


@pytest.fixture
def open_door(settings):
    settings.MAIL_EVENTS_SECRET = SECRET


BOUNCES = [
    ("sendgrid", [sendgrid("bounce", type="bounce", reason="550 5.1.1 unknown", about="due")], "bounced"),
    ("sendgrid", [sendgrid("dropped", reason="Bounced Address")], "rejected"),
    ("sendgrid", [sendgrid("dropped", reason="Invalid")], "rejected"),
    ("postmark", postmark("Bounce", "HardBounce", Metadata={"about": "due"}), "bounced"),
    ("postmark", postmark("Bounce", "BadEmailAddress"), None),
    ("sendgrid", [sendgrid("bounce", type="blocked", reason="421 busy")], None),
    ("sendgrid", [sendgrid("deferred"), sendgrid("delivered"), sendgrid("open"), sendgrid("processed")], None),
    ("postmark", postmark("Bounce", "SoftBounce"), None),
    ("postmark", postmark("Bounce", "Transient"), None),
    ("postmark", postmark("Delivery", Recipient="ada@example.org", DeliveredAt="2026-11-18T10:00:00Z"), None),
]


@pytest.mark.parametrize(("service", "body", "reason"), BOUNCES)
def test_a_bounce_for_good_marks_the_address_and_what_passes_does_not(open_door, service, body, reason):
    if reason is None and "BadEmailAddress" in str(body):
        reason = "rejected"
    assert report(service, body).status_code == 200
    assert [(mark.about, mark.reason) for mark in AddressMark.objects.all()] == ([("", reason)] if reason else [])


@pytest.mark.parametrize(
    ("service", "body", "about"),
    [
        ("sendgrid", [sendgrid("spamreport", about="digest", notice="7")], {"digest"}),
        ("sendgrid", [sendgrid("unsubscribe", about="due")], {"due"}),
        ("sendgrid", [sendgrid("dropped", reason="Spam Reporting Address", about="holds")], {"holds"}),
        ("sendgrid", [sendgrid("spamreport")], set()),  # of a code, or of nobody knows what
        ("sendgrid", [sendgrid("spamreport", about="everything")], set()),
        ("postmark", postmark("SpamComplaint", "SpamComplaint", Metadata={"about": "digest"}), {"digest"}),
        ("postmark", postmark("SpamComplaint", "SpamComplaint"), set()),
    ],
)
def test_a_complaint_silences_what_it_is_about_alone(open_door, service, body, about):
    assert report(service, body).status_code == 200
    assert addresses.marked_groups("ada@example.org") == about


def test_a_complaint_about_the_digest_leaves_a_hold_that_is_ready(ada, open_door):
    report("sendgrid", [sendgrid("spamreport", about="digest")])
    queued(ada)
    notices.queue(user=ada, kind="password_changed", at=MONDAY)
    assert outbox.send_due(at=SOON) == 2


@pytest.mark.parametrize("secret", ["", "lyceum:wrong", "a-long-and-random-secret", SECRET + "x", "x:" + SECRET])
def test_who_does_not_know_the_secret_is_not_heard(open_door, secret):
    assert report("sendgrid", [sendgrid("bounce")], secret=secret).status_code == 403
    assert not AddressMark.objects.exists()


def test_without_a_secret_nobody_reports(settings):
    settings.MAIL_EVENTS_SECRET = ""
    for secret in ("", ":", SECRET):
        assert report("sendgrid", [sendgrid("bounce")], secret=secret).status_code == 404
    assert not AddressMark.objects.exists()


def test_a_service_that_the_library_does_not_know_and_another_method_are_refused(open_door):
    assert report("mailgun", {}).status_code == 404
    assert Client().get("/mail/events/sendgrid/").status_code == 405


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("body", ["", "{", "[1]", '[{"event": []}]', '"x"', "null", b"\xff\xfe", "[[[[]]]]"])
def test_what_is_no_report_is_refused_and_marks_nothing(open_door, service, body):
    assert report(service, body).status_code in {200, 400}
    assert not AddressMark.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\nBcc: c@d.org", None, "ı@example.org", "x" * 300 + "@example.org"]
)
def test_what_is_no_address_is_passed_over(open_door, address):
    good = sendgrid("bounce", email="good@example.org")
    assert report("sendgrid", [sendgrid("bounce", email=address), good]).status_code == 200
    assert [mark.address for mark in AddressMark.objects.all()] == ["good@example.org"]


def test_the_same_report_twice_and_after_the_mark_was_lifted_changes_nothing(open_door):
    body = [sendgrid("bounce"), sendgrid("bounce", email="ADA@example.org")]
    for _n in range(2):
        assert report("sendgrid", body).status_code == 200
    mark = AddressMark.objects.get()
    assert mark.at == datetime.fromtimestamp(BOUNCE_AT, tz=UTC)
    addresses.lift(mark=mark, by=None)
    report("sendgrid", body)
    assert addresses.marked_groups("ada@example.org") == frozenset()


def test_a_fault_of_ours_takes_nothing_of_a_report_so_that_it_comes_again(open_door, monkeypatch):
    mark = addresses.mark

    def breaks(*, address, **given):
        if address.startswith("second"):
            raise ZeroDivisionError
        return mark(address=address, **given)

    monkeypatch.setattr(addresses, "mark", breaks)
    client = Client(raise_request_exception=False)
    body = [sendgrid("bounce"), sendgrid("bounce", email="second@example.org")]
    assert report("sendgrid", body, client=client).status_code == 500
    assert not AddressMark.objects.exists()
    monkeypatch.undo()
    assert report("sendgrid", body).status_code == 200
    assert AddressMark.objects.count() == 2


def test_a_report_from_tomorrow_marks_as_of_now(open_door):
    report("sendgrid", [sendgrid("bounce", timestamp=4_000_000_000)])
    assert AddressMark.objects.get().at < datetime.now(tz=UTC) + timedelta(minutes=1)
