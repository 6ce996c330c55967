"""A thousand hostile inputs over all forms and endpoints: whatever comes, no answer is a fault of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attack.world import World, bearer, browser, filled, operations, pages

NASTY = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\r\nX-Evil: 1",
    "%00",
    "%0d%0a",
    "' OR 1=1 --",
    '"><script>alert(1)</script>',
    "{{ 7*7 }}",
    "${7*7}",
    "../../../../etc/passwd",
    "..\\..\\boot.ini",
    "-1",
    "0",
    "1.0",
    "1e400",
    "NaN",
    "Infinity",
    "9" * 30,
    "-" + "9" * 30,
    "１２",
    "٣",
    "²",
    "true",
    "null",
    "[]",
    "{}",
    "\u202e\u200b",
    "é" * 300,
    "a" * 5000,
    "💣" * 50,
    "2026-13-45",
    "00000000-0000-0000-0000-000000000000",
    "a@b",
    "x@example.org",
    "%",
    "\\",
    "_",
    "*:*",
    "a:*&!b|<->",
    '"' * 50,
    "(" * 200,
    "or",
    "-",
    "1_0",
    "+1",
    " 1 ",
    "en\n",
    "--",
    "0x10",
    "1,5",
    "İ",
    "ß",
    "ﬁ",
    "\ufffe",
    "\x1b[2J",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
values = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers(), st.floats(), st.just(2**63), st.just(10**400)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "a", ""]
# Every query parameter and form field that some page reads.
FIELDS = [
    "q",
    "page",
    "page_size",
    "category",
    "author",
    "year",
    "language",
    "available",
    "branch",
    "sort",
    "mark",
    "next",
    "mode",
    "reader",
    "username",
    "email",
    "password",
    "old_password",
    "code",
    "full_name",
    "scan",
    "book",
    "device",
    "reason",
    "copy",
    "copy_status",
    "question",
    "tab",
    "o",
    "e",
    "p",
    "role",
    "status",
    "state",
    "format",
    "_save",
    "action",
    "_selected_action",
    "is_active",
    "title",
    "num_chunks",
    "series",
    "subject",
    "exactly",
]
EXAMPLES = 340  # three times: a thousand and more
checked = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.django_db


def surely(answer: Any, what: Any) -> None:
    # 503 is the answer where no embedder runs, in words.
    assert answer.status_code < 500 or answer.status_code == 503, what


class Undone(Exception):
    """Whatever an input changed is taken back."""


def tried(call: Any) -> Any:
    answer = None
    try:
        with transaction.atomic():
            answer = call()
            raise Undone
    except Undone:
        return answer


SHARP = ["\x00", "a\x00b", "1.0", "9" * 30, "１２", "²", "NaN", "-1", "\r\nX: 1"]
WITH_QUERIES = [
    "/",
    "/catalogue/",
    "/catalogue/suggest/",
    "/api/v1/books/suggest/",
    "/loans/",
    "/desk/",
    "/pick-list/",
    "/books/{book}/",
    "/books/{book}/ask/",
    "/books/{book}/study/",
    "/books/{book}/pages/1/",
    "/accounts/username/",
    "/accounts/sign-in/",
    "/accounts/register/",
    "/api/v1/books/",
    "/api/v1/loans/",
    "/api/v1/holds/",
    "/api/v1/activity/",
    "/api/v1/pick-list/",
]


@pytest.mark.parametrize("path", WITH_QUERIES)
def test_no_single_hostile_value_in_a_query_is_a_fault(world: World, path: str) -> None:
    client = browser(world.administrator)
    for value in SHARP:
        surely(client.get(path.format(book=world.book.pk), dict.fromkeys(FIELDS, value)), (path, value))


FORMS = [
    ("/holds/", ["book", "branch"]),
    ("/desk/", ["scan"]),
    ("/holds/{hold}/cancel/", ["next"]),
    ("/pick-list/{hold}/refuse/", ["reason", "copy_status", "branch", "page"]),
    ("/pick-list/{hold}/confirm/", ["copy", "branch", "page"]),
    ("/accounts/sessions/end/", ["device"]),
]


@pytest.mark.parametrize(("path", "names"), FORMS)
def test_no_hostile_value_beside_good_ones_is_a_fault(world: World, path: str, names: list[str]) -> None:
    client = browser(world.librarian)
    good = {"book": world.book.pk, "branch": world.branch.pk, "reason": "gone", "copy_status": "missing"}
    for name in names:
        for value in SHARP:
            form = good | {name: value}
            surely(tried(lambda form=form: client.post(path.format(hold=world.hold.pk), form)), (path, form))


@checked
@given(data=st.data())
def test_no_body_is_a_fault_of_an_endpoint(world: World, data: Any) -> None:
    operation = data.draw(st.sampled_from(operations()))
    who = data.draw(st.sampled_from([None, world.reader, world.librarian, world.administrator]))
    names = st.one_of(st.sampled_from(operation.fields), texts) if operation.fields else texts
    body: Any = data.draw(st.one_of(st.dictionaries(names, values, max_size=6), values, st.binary(max_size=60)))
    kind = data.draw(st.sampled_from(KINDS)) if isinstance(body, bytes) else KINDS[0]
    query = data.draw(st.dictionaries(st.sampled_from(FIELDS), texts, max_size=3))
    client = bearer(who) if who else browser()
    sent = body if isinstance(body, bytes) else json.dumps(body)
    answer = tried(
        lambda: client.generic(
            operation.method,
            world.address(operation.path),
            sent,
            kind,
            query_params={name: value.encode(errors="replace").decode() for name, value in query.items()},
        )
    )
    surely(answer, (operation.name, kind, body, query))


@checked
@given(data=st.data())
def test_no_id_is_a_fault_of_an_endpoint(world: World, data: Any) -> None:
    from urllib.parse import quote

    operation = data.draw(st.sampled_from([one for one in operations() if "{" in one.path]))
    ident = data.draw(texts).encode(errors="replace").decode()
    path = (
        operation.path.replace("{id}", quote(ident)).replace("{book_id}", quote(ident)).replace("{name}", quote(ident))
    )
    client = bearer(data.draw(st.sampled_from([world.reader, world.librarian])))
    answer = tried(lambda: client.generic(operation.method, path, "{}", "application/json"))
    surely(answer, (operation.name, ident))


@checked
@given(data=st.data())
def test_no_form_and_no_query_is_a_fault_of_a_page(world: World, data: Any) -> None:
    route = data.draw(st.sampled_from(pages()))
    who = data.draw(st.sampled_from([None, world.reader, world.librarian, world.administrator]))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), texts, max_size=6))
    fields = {name: value.encode(errors="replace").decode() for name, value in fields.items()}
    method = data.draw(st.sampled_from(["get", "post"]))
    headers = {"HX-Request": "true"} if data.draw(st.booleans()) else {}
    client = browser(who)
    answer = tried(lambda: getattr(client, method)(filled(route, world), fields, headers=headers))
    surely(answer, (method, route, fields))
