"""Things that are smuggled in: fields nobody offered, hosts, headers, lines, addresses, markup and paths."""

from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.forms.models import model_to_dict
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver
from catalog.models import Book
from catalog.tests.factories import PDF, make_book, make_copy, pdf, stored
from circulation.models import Hold, Loan
from circulation.tests.factories import make_hold
from library.activity.models import Activity
from library.notices import outbox
from tests.attack.world import bearer, browser, operations

pytestmark = pytest.mark.django_db
RIGHTS = {
    "role": "administrator",
    "is_staff": True,
    "is_superuser": True,
    "is_active": True,
    "tier": 2,
    "tier_id": 2,
    "credits": 999,
    "groups": [1],
    "user_permissions": [1],
    "token_epoch": 0,
    "card_number": "L-000001",
    "id": 1,
    "pk": 1,
    "user": 1,
    "user_id": 1,
    "owner": 1,
    "owner_id": 1,
    "requested_by": 1,
    "by": 1,
    "state": "done",
    "placed_at": "2020-01-01T00:00:00Z",
    "due_at": "2099-01-01T00:00:00Z",
    "email_verified": True,
}


def test_no_operation_lets_a_reader_set_what_is_not_theirs(world):
    who, client = world.other.pk, bearer(world.reader)
    before = (model_to_dict(User.objects.get(pk=world.reader.pk)), model_to_dict(world.reader.patron))
    others = (model_to_dict(User.objects.get(pk=who)), model_to_dict(world.other.patron))
    body = RIGHTS | {
        "patron": world.other.patron.card_number,
        "patron_id": str(who),
        "user": str(who),
        "owner": str(who),
        "book": world.book.pk,
        "branch": str(world.branch.pk),
        "question": "why",
        "title": "Mine",
        "authors": ["I"],
        "old_password": PASSWORD + "x",
        "password": "another horse 8",
    }
    tried = 0
    for operation in operations():
        if operation.method in {"POST", "PATCH", "PUT"}:
            answer = operation.call(client, world, body)
            assert answer.status_code < 500 or answer.status_code == 503, operation.name
            tried += 1
    assert tried > 18
    reader, other = User.objects.get(pk=world.reader.pk), User.objects.get(pk=who)
    assert (model_to_dict(reader), model_to_dict(reader.patron)) == before
    assert (model_to_dict(other), model_to_dict(other.patron)) == others
    assert list(reader.groups.values_list("name", flat=True)) == ["patron"]
    # Nobody asks for a book in another's name. One's own hold begins where all begin, whatever was written beside it.
    assert not Hold.objects.exclude(pk=world.hold.pk).exists()
    del body["patron"]
    assert client.post("/api/v1/holds/", body, "application/json").status_code == 201
    mine = Hold.objects.exclude(pk=world.hold.pk).get()
    assert (mine.patron_id, mine.state, mine.placed_at.year > 2020) == (world.reader.pk, "requested", True)
    assert not Loan.objects.exclude(pk=world.loan.pk).exists()


def test_whoever_registers_is_a_patron_whatever_they_write():
    email = "eve@example.org"
    browser().post("/api/v1/auth/otp/", {"email": email, "purpose": "register"}, "application/json")
    body = {"email": email, "otp": deliver(), "password": PASSWORD, "full_name": "Eve", "username": "eve"} | RIGHTS
    answer = browser().post("/api/v1/auth/register/", body, "application/json")
    assert answer.status_code == 201
    eve = User.objects.get(email=email)
    assert (eve.role, eve.is_staff, eve.is_superuser, eve.token_epoch) == ("patron", False, False, eve.token_epoch)
    assert eve.pk != 1
    assert eve.patron.card_number != "L-000001"
    assert answer.json()["user"]["role"] == "patron"


def test_the_registration_page_takes_no_role_either():
    client = browser()
    client.post("/accounts/register/", {"email": "eve@example.org", "role": "administrator"})
    form = {
        "code": deliver(),
        "password": PASSWORD,
        "full_name": "Eve",
        "username": "eve",
        "role": "administrator",
        "is_staff": "on",
        "is_superuser": "on",
        "tier": "2",
    }
    assert client.post("/accounts/register/confirm/", form).status_code == 302
    eve = User.objects.get(username="eve")
    assert (eve.role, eve.is_staff, eve.is_superuser) == ("patron", False, False)


def test_a_librarian_makes_nobody_an_administrator_in_the_admin(world):
    client = browser(world.librarian)
    for user in (world.librarian, world.other):
        form = {
            "email": user.email,
            "username": user.username,
            "full_name": user.full_name,
            "role": "administrator",
            "is_active": "on",
            "is_superuser": "on",
        }
        assert client.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 403
    assert User.objects.filter(role="administrator").get() == world.administrator


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "evil.example:80",
        "localhost\r\nX-Evil: 1",
        "",
        "..",
        "localhost, evil.example",
    ],
)
def test_a_foreign_host_is_refused(host):
    answer = browser().get("/accounts/sign-in/", headers={"host": host})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_letters_lead_here_whatever_host_the_request_named(world):
    evil = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Server": "evil.example",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/admin/",
        "X-Rewrite-URL": "/admin/",
        "X-Forwarded-Prefix": "//evil.example",
    }
    client = browser()
    client.post("/accounts/reset/", {"email": world.other.email}, headers=evil)
    deliver()
    form = {"email": "new@example.org", "role": "librarian"}
    browser(world.administrator).post("/admin/accounts/invitation/add/", form, headers=evil)
    outbox.send_due()
    assert len(mail.outbox) >= 2
    for letter in mail.outbox:
        assert "evil.example" not in f"{letter.body}{letter.subject}{letter.extra_headers}"
    page = client.get("/", headers=evil)
    assert page.status_code == 200
    assert "evil.example" not in page.content.decode()
    assert browser().get("/loans/", headers=evil)["Location"].startswith("/accounts/")


def test_nobody_escapes_the_limits_by_naming_another_address(settings):
    settings.COUNT_LOOPBACK = True
    settings.LIMITS = settings.LIMITS | {"login_client": type(settings.LIMITS["login"])(3, 3600)}
    statuses = [
        browser()
        .post(
            "/api/v1/auth/login/",
            {"email": f"a{n}@example.org", "password": "guess 1 1"},
            "application/json",
            headers={"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}", "Client-IP": f"203.0.113.{n}"},
        )
        .status_code
        for n in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


LINES = "x\r\nSet-Cookie: evil=1\r\n2026-01-01 CRITICAL forged: line"


def test_nothing_typed_makes_a_line_in_the_log_or_a_header(world, caplog):
    caplog.set_level(logging.DEBUG)
    client = browser(headers={"User-Agent": LINES, "Referer": LINES, "X-Request-ID": LINES})
    answers = [
        client.post("/accounts/sign-in/", {"email": f"{LINES}@example.org", "password": LINES, "next": LINES}),
        client.get("/accounts/sign-in/", {"next": LINES}),
        client.get("/loans/", {"x": LINES}),
        client.post("/accounts/register/", {"email": LINES}),
        client.get("/catalogue/", {"q": LINES}),
        client.post("/api/v1/auth/login/", {"email": LINES, "password": LINES}, "application/json"),
        client.get("/nowhere/%0d%0a2026-01-01 CRITICAL forged"),
        client.get(f"/api/v1/usernames/{'a%0d%0aforged'}/"),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "evil" not in answer.cookies
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())
    for record in caplog.records:
        if not record.name.startswith("django.db"):
            assert "\n20" not in record.getMessage(), record.getMessage()
            assert "\r" not in record.getMessage(), record.getMessage()


def test_what_a_browser_calls_itself_is_one_line_in_the_list_of_devices():
    user = make_user()
    client = browser(headers={"User-Agent": "<script>alert(1)</script>\r\nx"})
    client.post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    client.post("/accounts/sign-in/code/", {"code": deliver()})
    page = client.get("/accounts/sessions/").content.decode()
    assert "<script>alert" not in page


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "\x00//evil.example",
    "\t//evil.example",
    " //evil.example",
    "\n//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "http://localhost@evil.example/",
    "http://testserver.evil.example",
    "ftp://testserver/x",
    "//evil.example\\@testserver",
    "\u3000//evil.example",
    "https://testserver:80@evil.example/",
    "http://[::1",
    "http://evil.example\\.testserver",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_led_elsewhere(world, wanted):
    reader = browser(world.reader)
    hold = make_hold(patron=world.reader.patron)
    world.job.requested_by = world.reader
    world.job.save()
    answers = [
        reader.get("/accounts/sign-in/", {"next": wanted}),
        reader.get("/accounts/register/", {"next": wanted}),
        reader.get("/accounts/reset/", {"next": wanted}),
        reader.post("/accounts/sign-in/", {"next": wanted}),
        reader.post(f"/holds/{hold.pk}/cancel/", {"next": wanted}),
        reader.post(f"/jobs/{world.job.pk}/cancel/", {"next": wanted}),
        reader.get("/admin/login/", {"next": wanted}),
        reader.post("/accounts/sign-out/", {"next": wanted}),
    ]
    for answer in answers:
        assert answer.status_code in {302, 403}, wanted
        if answer.status_code == 302:
            # Browsers drop tabs and line breaks and read \ as /.
            where = "".join(sign for sign in answer["Location"] if sign > " ").replace("\\", "/")
            assert where.startswith("/"), where
            assert not where.startswith("//"), where


MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
RAW = ("<script>alert", "<img src=x")


def test_nothing_stored_is_markup_on_any_page(world):
    User.objects.filter(pk=world.reader.pk).update(full_name=MARKUP[:120])
    Book.objects.filter(pk=world.book.pk).update(title=MARKUP, subtitle=MARKUP, description=MARKUP, publisher=MARKUP)
    world.branch.name = MARKUP[:80]
    world.branch.save()
    make_copy(book=world.book, branch=world.branch, shelf_mark=MARKUP[:40])
    make_hold(book=world.book, branch=world.branch, patron=world.reader.patron)
    past = {"state": "refused", "refusal_reason": MARKUP, "branch": world.branch}
    make_hold(book=world.book, patron=world.reader.patron, **past)
    book = f"/books/{world.book.pk}/"
    seen = 0
    for client, paths in (
        (
            browser(world.reader),
            ["/", "/loans/", "/catalogue/", book, f"{book}ask/", f"{book}study/", "/accounts/sessions/"],
        ),
        (browser(world.librarian), ["/pick-list/", f"/desk/?reader={world.reader.patron.pk}", "/"]),
        (
            browser(world.administrator),
            [
                "/admin/",
                "/admin/accounts/user/",
                "/admin/accounts/patron/",
                "/admin/catalog/book/",
                f"/admin/catalog/book/{world.book.pk}/change/",
                "/admin/circulation/hold/",
                "/admin/catalog/branch/",
                "/admin/catalog/copy/",
            ],
        ),
    ):
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            page = answer.content.decode()
            assert not any(raw in page for raw in RAW), path
            seen += "&lt;script&gt;" in page
    assert seen >= 8


@pytest.mark.parametrize(
    "path",
    [
        "/catalogue/?q=",
        "/accounts/sign-in/?next=",
        "/nowhere/?x=",
        "/accounts/username/?username=",
        "/pick-list/?branch=",
        "/desk/?reader=",
        "/nowhere/",
    ],
)
def test_nothing_in_an_address_is_markup_on_the_page(world, path):
    page = browser(world.administrator).get(path + MARKUP.replace(" ", "%20").replace("#", "%23")).content.decode()
    assert not any(raw in page for raw in RAW)


def test_a_question_and_a_scan_are_shown_as_text(world):
    asked = browser(world.reader).post(f"/books/{world.book.pk}/ask/", {"question": MARKUP})
    desk = browser(world.librarian)
    desk.post("/desk/", {"scan": MARKUP})
    for answer in (asked, desk.get("/desk/")):
        assert answer.status_code < 500 or answer.status_code == 503
        assert not any(raw in answer.content.decode() for raw in RAW)


NAMES = [
    "../../../evil.pdf",
    "..\\..\\evil.pdf",
    "/etc/cron.d/evil.pdf",
    "a\r\nX-Evil: 1.pdf",
    "%2e%2e%2fevil.pdf",
    "....//evil.pdf",
    "C:\\evil.pdf",
    "é" * 200 + ".pdf",
    '"; filename="evil.html',
    ".htaccess",
    "evil.html",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_s_name_leads_nowhere(settings, name, tmp_path):
    client = browser(make_librarian())
    book = make_book()
    boundary = "limit"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="pdf"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n'
    body = head.encode() + PDF + f"\r\n--{boundary}--\r\n".encode()
    answer = client.patch(f"/api/v1/books/{book.pk}/", body, f"multipart/form-data; boundary={boundary}")
    assert answer.status_code in {200, 400}
    assert pdf(name="x.pdf").size
    for path in tmp_path.rglob("*"):
        assert path.resolve().is_relative_to(settings.MEDIA_ROOT) or path == settings.MEDIA_ROOT, path
    assert all("evil" not in path.name or path.suffix == ".pdf" for path in stored(settings.MEDIA_ROOT))
    shown = client.get(f"/catalogue/books/{book.pk}/file/")
    if shown.status_code == 200:
        assert shown["Content-Type"] == "application/pdf"
        assert shown["X-Content-Type-Options"] == "nosniff"
        shown.close()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../library/settings.py",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/..%2f..%2fetc%2fpasswd",
        "/media/x.pdf",
        "/no-media-is-served-without-a-permission-check/x.pdf",
        "/dev/mailbox/../../etc/passwd",
        "/.env",
        "/var/",
        "/catalogue/books/../../../etc/passwd",
    ],
)
def test_no_address_reads_a_file(path):
    assert Client().get(path).status_code in {400, 404}


def test_what_was_done_is_written_with_who_did_it_and_not_who_was_named(world):
    client = bearer(world.reader)
    wish = {"book": world.book.pk, "branch": str(world.branch.pk), "actor": str(world.other.pk)}
    client.post("/api/v1/holds/", wish, "application/json")
    assert not Activity.objects.filter(actor=world.other).exclude(verb="account.signed_in").exists()
