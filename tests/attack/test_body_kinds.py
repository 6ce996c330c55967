"""Bodies of a kind that is not documented. Forms above all: they are what a page of another site can make one send."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from drf_spectacular.generators import SchemaGenerator

from accounts.models import OneTimeCode
from catalog.models import Book
from catalog.tests.factories import PDF
from tests.attack.world import bearer, browser, operations

pytestmark = pytest.mark.django_db
FORM, TEXT, JSON = "application/x-www-form-urlencoded", "text/plain", "application/json"
WITH_FILES = {"POST /api/v1/books/", "PATCH /api/v1/books/{id}/"}
FILES_ALONE = {"PUT /api/v1/books/{id}/cover/"}


def bodies():
    """What each operation that takes a body says it takes, and that it says 415."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        operation: (set(told["requestBody"]["content"]), "415" in told["responses"])
        for operation in operations()
        if "requestBody" in (told := paths[operation.path][operation.method.lower()])
    }


def test_the_document_names_json_for_every_body_and_forms_only_where_there_are_files():
    assert len(bodies()) > 15
    for operation, (kinds, says_415) in bodies().items():
        wanted = {JSON, "multipart/form-data"} if operation.name in WITH_FILES else {JSON}
        assert kinds == ({"multipart/form-data"} if operation.name in FILES_ALONE else wanted), operation.name
        assert says_415, operation.name


@pytest.mark.parametrize("kind", [FORM, MULTIPART_CONTENT, TEXT, "text/json", "application/xml", "x"])
def test_a_body_of_another_kind_is_refused_in_the_contract_s_shape(world, kind):
    client = bearer(world.administrator)
    for operation in bodies():
        if kind == MULTIPART_CONTENT and operation.name in WITH_FILES | FILES_ALONE:
            continue
        answer = operation.call(client, world, b"email=a@example.org", content_type=kind)
        assert (operation.name, answer.status_code) == (operation.name, 415)
        assert set(answer.json()) == {"code", "detail"}, operation.name
        assert answer.json()["code"] == "unsupported_media_type"
        assert answer["Content-Type"] == JSON


def test_where_no_body_is_read_a_form_is_refused_as_documented_or_left_unread(world):
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    in_session, tried = browser(world.other, enforce_csrf_checks=True), 0
    in_session.get("/accounts/password/")
    token = {"X-CSRFToken": in_session.cookies["csrftoken"].value}
    for operation in operations():
        told = paths[operation.path][operation.method.lower()]
        if operation.method != "GET" and "requestBody" not in told:
            for client in (in_session, bearer(world.other)):
                answer = operation.call(client, world, b"a=1", content_type=FORM, headers=token)
                assert str(answer.status_code) in told["responses"], operation.name
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_taken_however_its_name_is_written(kind):
    body = '{"email": "eve@example.org", "purpose": "register"}'
    assert browser().generic("POST", "/api/v1/auth/otp/", body, kind).status_code == 202


def test_a_form_of_another_site_asks_for_no_code_and_signs_nobody_in(world):
    for path, fields in (
        ("otp", {"email": world.reader.email, "purpose": "reset"}),
        ("login", {"email": world.reader.email, "password": "guess 1 1"}),
    ):
        for kind in (FORM, TEXT):
            answer = browser().generic("POST", f"/api/v1/auth/{path}/", urlencode(fields), kind)
            assert answer.status_code == 415
    assert not OneTimeCode.objects.exists()


def test_a_book_is_still_added_and_changed_by_a_form_with_its_file(world):
    client = bearer(world.librarian)
    form = {"title": "Cells", "authors": ["Ada"], "pdf": SimpleUploadedFile("cells.pdf", PDF, "application/pdf")}
    added = client.post("/api/v1/books/", form)
    assert added.status_code == 201, added.content
    path = f"/api/v1/books/{added.json()['id']}/"
    changed = client.patch(path, encode_multipart(BOUNDARY, {"title": "More cells"}), MULTIPART_CONTENT)
    assert (changed.status_code, Book.objects.get(pk=added.json()["id"]).title) == (200, "More cells")
    assert client.patch(path, urlencode({"title": "x"}), FORM).status_code == 415
