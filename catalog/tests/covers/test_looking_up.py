"""Covers looked up by ISBN, on a server that answers as it likes."""

from __future__ import annotations

import pytest

from catalog.covers import sources
from catalog.covers.pictures import CoverPictures
from catalog.models import WhyNone
from catalog.tests.covers.images import content
from library.core.config.checks import read_cover_sources
from library.core.tests.http.far_server import far_server, says

ISBN = "9780306406157"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(404), WhyNone.UNKNOWN),
        (says(200, content("GIF", size=(1, 1))), WhyNone.UNUSABLE),
        (says(200, b"<html>no cover here</html>"), WhyNone.UNUSABLE),
        (says(200, b""), WhyNone.UNUSABLE),
        (says(200, content(), Content_Encoding="gzip"), WhyNone.UNUSABLE),
        (says(302, Location="http://169.254.169.254/"), WhyNone.UNUSABLE),
        (says(503), WhyNone.AWAY),
        (says(429), WhyNone.BUSY),
    ],
)
def test_what_is_no_cover_is_told_apart(settings, answer, why):
    with far_server(answer) as (address, _asked):
        settings.COVER_SOURCES = (f"{address}/{{isbn}}.jpg",)
        assert sources.look_up([ISBN]) == why


def test_the_picture_is_asked_for_by_its_isbn(settings):
    with far_server(says(200, content("JPEG"))) as (address, asked):
        settings.COVER_SOURCES = (f"{address}/b/isbn/{{isbn}}-L.jpg?default=false",)
        found = sources.look_up([ISBN])

    assert isinstance(found, CoverPictures)
    assert [path for path, _headers in asked] == [f"/b/isbn/{ISBN}-L.jpg?default=false"]


def test_sources_and_numbers_are_tried_one_after_the_other(settings):
    pauses: list[int] = []

    def answer(request):
        says(200, content())(request) if request.path == "/two/9780140328721" else says(404)(request)

    with far_server(answer) as (address, asked):
        settings.COVER_SOURCES = (f"{address}/one/{{isbn}}", f"{address}/two/{{isbn}}")
        found = sources.look_up([ISBN, "9780140328721"], pause=lambda: pauses.append(1))

    assert isinstance(found, CoverPictures)
    assert [path for path, _headers in asked] == [
        f"/one/{ISBN}",
        f"/two/{ISBN}",
        "/one/9780140328721",
        "/two/9780140328721",
    ]
    assert len(pauses) == 4


def test_a_source_that_wants_to_be_asked_less_is(settings):
    with far_server(says(429)) as (address, asked):
        settings.COVER_SOURCES = (f"{address}/{{isbn}}",)
        assert sources.look_up([ISBN, "9780140328721"]) == WhyNone.BUSY
    assert len(asked) == 1


def test_the_gravest_of_several_reasons_is_told(settings):
    def answer(request):
        says(503 if request.path.startswith("/one") else 404)(request)

    with far_server(answer) as (address, _asked):
        settings.COVER_SOURCES = (f"{address}/one/{{isbn}}", f"{address}/two/{{isbn}}")
        assert sources.look_up([ISBN]) == WhyNone.AWAY


def test_without_sources_nobody_is_asked(settings):
    settings.COVER_SOURCES = ()
    assert sources.look_up([ISBN]) == WhyNone.UNKNOWN


def test_sources_are_set_by_name_or_address():
    openlibrary = "https://covers.openlibrary.org/b/isbn/{isbn}-L.jpg?default=false"
    assert read_cover_sources("openlibrary, http://covers.local:8080/{isbn}.png") == (
        openlibrary,
        "http://covers.local:8080/{isbn}.png",
    )
    assert read_cover_sources("") == ()
    for wrong in ("openlibary", "https://covers.example/9780306406157.jpg", "ftp://covers.example/{isbn}", "{isbn}"):
        with pytest.raises(ValueError, match="openlibrary"):
            read_cover_sources(wrong)
