"""Access across: another reader's things are not there. Access upwards: what is the staff's is nobody else's."""

from __future__ import annotations

import json

import pytest

from accounts.sessions import services as sessions
from accounts.sessions import tokens
from catalog.tests.factories import make_book, make_copy
from tests.attack.world import NOBODYS, READERS, bearer, browser, operations, pages, staffs

pytestmark = pytest.mark.django_db
OTHERS = ("/loans/{id}/", "/holds/{id}/")
PAGES_OF_STAFF = [
    "/desk/",
    "/pick-list/",
    "/admin/accounts/user/",
    "/admin/accounts/patron/",
    "/admin/accounts/invitation/",
    "/admin/activity/activity/",
    "/admin/notices/notice/",
    "/admin/notices/addressmark/",
    "/admin/catalog/book/",
    "/admin/circulation/loan/",
    "/admin/auth/group/",
    "/admin/jobs/job/",
]


def test_every_operation_is_known_to_these_attacks():
    names = {operation.name for operation in operations()}
    assert names >= READERS | NOBODYS
    assert len(staffs()) >= 8


def test_nobody_gets_401_from_every_operation_that_is_not_open(world):
    for operation in operations():
        if operation.name not in NOBODYS:
            answer = operation.call(browser(), world, {})
            assert (operation.name, answer.status_code) == (operation.name, 401)
            assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("way", [bearer, browser])
def test_a_reader_gets_403_from_every_operation_of_the_staff(world, way):
    client = way(world.reader)
    for operation in staffs():
        answer = operation.call(client, world, {})
        assert (operation.name, answer.status_code) == (operation.name, 403)
        assert answer.json()["code"] == "not_allowed"


def test_staff_pages_turn_everybody_else_away(world):
    reader, visitor = browser(world.reader), browser()
    for page in PAGES_OF_STAFF:
        answer = visitor.get(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith(("/accounts/sign-in/?next=", "/admin/login/?next=")), page
        refused = reader.get(page)
        assert refused.status_code in {302, 403}, page
        assert refused.status_code == 403 or refused["Location"].startswith("/admin/login/"), page


def test_no_page_of_the_admin_shows_a_reader_anything(world):
    reader = browser(world.reader)
    seen = [page for page in pages() if page.startswith("/admin/") and "<" not in page]
    assert len(seen) > 20
    open_to_all = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
    for page in set(seen) - open_to_all:
        assert reader.get(page).status_code in {302, 403, 404}, page


@pytest.mark.parametrize("verb", ["confirm", "refuse"])
def test_a_reader_serves_no_hold_by_the_page(world, verb):
    assert browser(world.reader).post(f"/pick-list/{world.hold.pk}/{verb}/", {"reason": "mine"}).status_code == 403
    world.hold.refresh_from_db()
    assert world.hold.state == "requested"


@pytest.mark.parametrize("way", [bearer, browser])
def test_another_reader_s_loan_and_hold_are_not_there(world, way):
    client = way(world.reader)
    tried = 0
    for operation in operations():
        if operation.name in READERS and any(part in operation.path for part in OTHERS):
            answer = operation.call(client, world, {})
            assert (operation.name, answer.status_code) == (operation.name, 404)
            tried += 1
    assert tried == 8
    for path in ("/api/v1/loans/", "/api/v1/holds/"):
        assert client.get(path).json()["count"] == 0
    world.hold.refresh_from_db()
    assert world.hold.state == "requested"


@pytest.mark.parametrize("way", [bearer, browser])
def test_another_reader_s_job_is_not_stopped_and_tells_nothing_of_who_asked(world, way):
    """Whoever was shown its id may see how far it is (design.md: askers join a job); nobody else's hand stops it."""
    client = way(world.reader)
    shown = client.get(f"/api/v1/jobs/{world.job.pk}/").json()
    assert set(shown) == {"id", "kind", "state", "done", "total", "message", "error"}
    assert client.post(f"/api/v1/jobs/{world.job.pk}/cancel/").status_code == 403
    if way is browser:
        page = client.get(f"/jobs/{world.job.pk}/").content.decode()
        assert world.other.full_name not in page
        assert world.other.email not in page
        client.post(f"/jobs/{world.job.pk}/cancel/")
    world.job.refresh_from_db()
    assert (world.job.cancel_requested, world.job.state) == (False, "queued")


def test_another_reader_s_things_are_not_there_on_the_web(world):
    reader = browser(world.reader)
    assert reader.post(f"/holds/{world.hold.pk}/cancel/").status_code == 404
    body = reader.get("/loans/").content.decode()
    assert str(world.book.title) not in body


def test_another_reader_s_session_and_token_cannot_be_ended(world):
    victim, pair = browser(world.other), tokens.issue(world.other)
    reader = browser(world.reader)
    refs = [device.ref for device in sessions.devices(user=world.other)]
    assert len(refs) == 2
    for ref in refs:
        assert reader.post("/accounts/sessions/end/", {"device": ref}).status_code == 404
    assert victim.get("/accounts/sessions/").status_code == 200
    tokens.verify(pair.access)


def test_a_book_that_is_hidden_is_hidden_at_every_door(world):
    world.book.is_suppressed = True
    world.book.save()
    client = browser(world.reader)
    for path in ("", "copies/", "study/"):
        assert client.get(f"/api/v1/books/{world.book.pk}/{path}").status_code == 404
    for path in ("", "ask/", "study/", "pages/1/"):
        assert client.get(f"/books/{world.book.pk}/{path}").status_code == 404
    assert client.get(f"/api/v1/rag/books/{world.book.pk}/index/").status_code == 404
    asked = client.post(f"/api/v1/rag/books/{world.book.pk}/query/", {"question": "why"}, "application/json")
    assert asked.status_code == 404
    wish = {"book": world.book.pk, "branch": world.branch.pk}
    assert client.post("/api/v1/holds/", wish, "application/json").status_code == 404
    assert client.post("/holds/", wish).status_code == 404


HIDDEN, ABSENT = "HIDDEN-1", "ABSENT-1"


def bodies_with(operation, book, barcode):
    """What an operation takes that names a book or a copy, each field filled in; nothing where it takes no such."""
    named = {"book": book, "copy": barcode, "barcode": barcode, "question": "why", "branch": None}
    return {name: value for name, value in named.items() if name in operation.fields}


@pytest.mark.parametrize("way", [bearer, browser])
def test_a_hidden_book_and_its_copy_are_told_as_if_they_were_not_there(world, way):
    """At every door that a reader has: the answers differ in the number that was asked for, and in nothing else."""
    hidden = make_copy(book=make_book(title="Unheard of", is_suppressed=True), barcode=HIDDEN, branch=world.branch)
    nowhere, client, tried = 2**31 - 7, way(world.reader), 0
    for operation in operations():
        takes = bodies_with(operation, 0, "")
        names_book = "{book_id}" in operation.path or "/books/{id}/" in operation.path
        if operation.name not in READERS | NOBODYS or not (names_book or {"book", "copy", "barcode"} & set(takes)):
            continue
        told = []
        for book, barcode in ((hidden.book_id, HIDDEN), (nowhere, ABSENT)):
            path = operation.path.replace("{book_id}", str(book)).replace("/books/{id}/", f"/books/{book}/")
            body = bodies_with(operation, book, barcode) | {"branch": world.branch.pk}
            if operation.path.endswith("/loans/explain/"):
                body.pop("branch")
            answer = client.generic(
                operation.method, path, json.dumps(body) if operation.method == "POST" else b"", "application/json"
            )
            told.append((answer.status_code, answer.content.decode().replace(barcode, "").replace(str(book), "")))
        assert told[0] == told[1], operation.name
        tried += 1
    assert tried >= 8


def test_a_hidden_book_is_lent_to_no_reader_by_themselves_and_shown_to_staff(world):
    copy = make_copy(book=make_book(is_suppressed=True), barcode=HIDDEN, branch=world.branch)
    for door in ("", "explain/"):
        answer = bearer(world.reader).post(f"/api/v1/loans/{door}", {"copy": HIDDEN}, "application/json")
        assert "copy_unknown" in answer.content.decode()
        assert "self_check_out" not in answer.content.decode()
    shown = bearer(world.librarian).get(f"/api/v1/books/{copy.book_id}/").json()
    assert shown["is_suppressed"] is True
    assert bearer(world.librarian).get(f"/api/v1/books/{world.book.pk}/").json()["is_suppressed"] is False
