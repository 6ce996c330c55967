"""One way everywhere: a branch, an item type and a tier are taken by id or code, and answered with both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import Role, Tier
from accounts.tests.factories import make_patron, make_user
from catalog.models import ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import LoanRule
from circulation.tests.factories import make_hold, make_loan

pytestmark = pytest.mark.django_db
NAMED = {"branch": "branch_code", "tier": "tier_id", "item_type": "item_type_id"}  # what stands beside it in an answer
DOCUMENT: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "docs" / "openapi.yaml").read_text())
SHAPES: dict[str, Any] = DOCUMENT["components"]["schemas"]


def types_of(shape: dict[str, Any]) -> set[str]:
    return {one["type"] for one in shape.get("oneOf", [shape]) if "type" in one}


SEARCH = ("GET /api/v1/books/", "branch")  # takes several, each an id, a code or a name


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def shapes_in(part: Any) -> set[str]:
    """The names of all shapes that a part of the document leads to."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(SHAPES[name])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def sent() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Everything named so that a request may carry: (operation, name, its shape)."""
    for where, operation in operations():
        for name in shapes_in(operation.get("requestBody", {})):
            for what in NAMED.keys() & SHAPES[name].get("properties", {}).keys():
                yield where, what, SHAPES[name]["properties"][what]
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and parameter["name"] in NAMED:
                yield where, parameter["name"], parameter["schema"]


def answered() -> Iterator[tuple[str, str]]:
    """Every shape of an answer that names one of them."""
    for name in set().union(*(shapes_in(operation.get("responses", {})) for _where, operation in operations())):
        for what in NAMED.keys() & SHAPES[name].get("properties", {}).keys():
            yield name, what


def test_the_document_takes_each_of_them_by_id_or_code():
    found = [one for one in sent() if one[:2] != SEARCH]
    assert len(found) > 15
    wrong = {(where, what) for where, what, shape in found if types_of(shape) != {"integer", "string"}}
    assert not wrong


def test_the_document_answers_each_of_them_with_id_and_code():
    found = list(answered())
    assert {what for _name, what in found} == set(NAMED)
    assert not [(name, what) for name, what in found if NAMED[what] not in SHAPES[name]["properties"]]


def test_every_request_that_names_one_is_tried_here():
    tried = {(one[0], what) for one in TRIED for what in one[1]}
    assert {(where, what) for where, what, _shape in sent()} == tried | {SEARCH}


# Each request with what it names; {…} is filled in, and what is named is added by id and by code.
TRIED: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("POST /api/v1/books/{id}/copies/", ("branch", "item_type"), {"barcode": "N-{n}", "branch": "{branch}"}),
    ("PATCH /api/v1/copies/{barcode}/", ("branch", "item_type"), {}),
    ("POST /api/v1/loans/", ("branch",), {"copy": "{copy}", "patron": "{card}"}),
    ("POST /api/v1/loans/{id}/return/", ("branch",), {}),
    ("POST /api/v1/check-ins/", ("branch",), {"copy": "{lent}"}),
    ("POST /api/v1/loans/explain/", ("branch",), {"copy": "{copy}", "patron": "{card}"}),
    ("POST /api/v1/holds/", ("branch",), {"book": "{book}"}),
    ("POST /api/v1/holds/{id}/branch/", ("branch",), {}),
    ("POST /api/v1/loan-rules/", ("branch", "tier", "item_type"), {"loan_period": 3}),
    ("POST /api/v1/patrons/", ("tier",), {"full_name": "Ana Nowak", "is_another": True}),
    ("GET /api/v1/loans/", ("branch", "tier", "item_type"), {}),
    ("GET /api/v1/loans/overdue/", ("branch", "tier", "item_type"), {}),
    ("GET /api/v1/loans/summary/", ("branch", "tier", "item_type"), {}),
    ("GET /api/v1/loan-rules/explain/", ("branch", "tier", "item_type"), {"branch": "{branch}", "tier": "{tier}"}),
]


@pytest.fixture
def known() -> dict[str, Any]:
    copy, loan = make_copy(branch=make_branch()), make_loan()
    return {
        "branch": copy.branch,
        "tier": Tier.objects.all()[0],
        "item_type": ItemType.objects.create(code="dvd", name="DVD"),
        "copy": copy.barcode,
        "barcode": copy.barcode,
        "book": copy.book_id,
        "card": make_patron().card_number,
        "lent": loan.copy.barcode,
        "loan": loan,
        "hold": make_hold(),
    }


@pytest.mark.parametrize("by", ["pk", "code"])
@pytest.mark.parametrize(("request_line", "what", "body"), TRIED, ids=[one[0] for one in TRIED])
def test_request_is_understood_by_id_and_by_code(request_line, what, body, by, known):
    LoanRule.objects.exclude(branch=None, tier=None, item_type=None).delete()
    client = APIClient()
    client.force_authenticate(make_user(Role.ADMINISTRATOR))
    method, _space, path = request_line.partition(" ")
    pk = next((known[name].pk for name in ("loan", "hold") if f"/{name}s/" in path), None) or make_book().pk
    path = path.format(id=pk, barcode=known["barcode"])
    filled = {name: _filled(value, known) for name, value in body.items()}
    filled |= {name: getattr(known[name], by) for name in what}
    answer = getattr(client, method.lower())(path, filled, format="json" if method != "GET" else None)
    assert answer.status_code in {200, 201}, answer.json()
    assert (
        getattr(client, method.lower())(
            path, filled | {what[0]: "nowhere"}, format="json" if method != "GET" else None
        ).status_code
        == 400
    )


def _filled(value: Any, known: dict[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    if value in {"{branch}", "{tier}"}:
        return known[value.strip("{}")].code
    return value.format(n="1", **{name: known[name] for name in ("copy", "card", "book", "lent")})


def test_number_is_an_id_and_a_text_a_code_first():
    """Codes may be figures: a number then means one thing."""
    other = make_branch()
    named = make_branch(code=str(other.pk))
    client = APIClient()
    client.force_authenticate(make_user(Role.ADMINISTRATOR))
    copy = make_copy()
    address = f"/api/v1/copies/{copy.barcode}/"
    assert client.patch(address, {"branch": other.pk}, format="json").json()["branch_code"] == other.code
    assert client.patch(address, {"branch": str(other.pk)}, format="json").json()["branch"] == named.pk


def test_item_type_is_taken_away_with_nothing():
    copy = make_copy(item_type=ItemType.objects.create(code="dvd", name="DVD"))
    client = APIClient()
    client.force_authenticate(make_user(Role.ADMINISTRATOR))
    for nothing in ("", None):
        answer = client.patch(f"/api/v1/copies/{copy.barcode}/", {"item_type": nothing}, format="json")
        assert (answer.status_code, answer.json()["item_type"], answer.json()["item_type_id"]) == (200, None, None)


def test_search_takes_an_id_or_a_code():
    copy = make_copy()
    for said in (copy.branch_id, copy.branch.code):
        assert APIClient().get("/api/v1/books/", {"branch": said}).json()["count"] == 1
    assert APIClient().get("/api/v1/books/", {"branch": "nowhere"}).json()["count"] == 0
