"""What stands around every view: what may be kept, what is tried again, where a request may lead next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from library.core.errors import LibraryError, Moved
from library.core.faults.deadline import Deadline, left, within
from library.core.http import middleware
from library.core.http.cache_control import NothingKeptMiddleware
from library.core.http.middleware import OutageMiddleware, RefusalMiddleware
from library.core.http.safe_redirects import own_page

View = Callable[[Any], HttpResponse]


def get(path: str = "/", **given: Any) -> Any:
    return RequestFactory().get(path, **given)


# -- what may be kept


def kept(request: Any, view: View = lambda request: HttpResponse()) -> set[str]:
    return set(NothingKeptMiddleware(view)(request)["Cache-Control"].split(", "))


def test_a_visitor_s_own_browser_may_keep_a_page_and_asks_again_each_time():
    assert kept(get()) == {"private", "no-cache"}


def test_nothing_of_somebody_with_a_session_is_kept_whether_it_is_good_or_not(settings):
    request = get()
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "not-one-of-ours"
    assert "no-store" in kept(request)


def test_nothing_of_somebody_with_a_token_is_kept():
    assert "no-store" in kept(get(headers={"Authorization": "Bearer x"}))
    assert "no-store" in kept(get(headers={"Authorization": ""}))


def test_the_page_by_which_somebody_signed_in_is_not_kept(settings):
    def sign_in(request: Any) -> HttpResponse:
        response = HttpResponse()
        response.set_cookie(settings.SESSION_COOKIE_NAME, "s")
        return response

    assert "no-store" in kept(get(), sign_in)


def test_what_a_view_says_itself_stays(settings):
    request = get()
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "s"
    assert kept(request, lambda request: HttpResponse(headers={"Cache-Control": "public, max-age=60"})) == {
        "public",
        "max-age=60",
    }


# -- what is tried again


class Clock:
    """Time that goes by as a view says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(middleware, "time", made)
    return made


def away(clock: Clock, seconds: float, tries: list[str]) -> View:
    """A view that finds the database away, each time after so many seconds."""

    def view(request: Any) -> HttpResponse:
        tries.append(request.method)
        clock.now += seconds
        response = HttpResponse(status=503)
        response.is_away = True  # type: ignore[attr-defined]
        return response

    return view


@pytest.mark.parametrize(
    ("seconds", "times"), [(0.0, 3), (0.9, 3), (1.0, 2), (2.8, 2), (2.9, 1), (8.0, 1)], ids=lambda value: str(value)
)
def test_a_request_is_tried_again_while_whoever_waits_has_not_waited_enough(clock, seconds, times):
    tries: list[str] = []
    assert OutageMiddleware(away(clock, seconds, tries))(get()).status_code == 503
    assert len(tries) == times
    assert clock.slept == [0.2, 1.0][: times - 1]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_may_write_is_never_tried_again(clock, method):
    tries: list[str] = []
    OutageMiddleware(away(clock, 0, tries))(RequestFactory().generic(method, "/"))
    assert tries == [method]


def test_an_answer_is_given_as_it_is(clock):
    answer = HttpResponse(status=503)
    assert OutageMiddleware(lambda request: answer)(get()) is answer
    assert clock.slept == []


# -- refusals that no view shows


def test_what_has_moved_is_found_at_its_new_address_by_who_reads_it():
    refusal = RefusalMiddleware(lambda request: HttpResponse())
    moved = Moved(old="/books/7/", new="/books/3/")
    found = refusal.process_exception(get("/books/7/ask/?q=a%20b"), moved)
    assert found is not None
    assert (found.status_code, found["Location"]) == (301, "/books/3/ask/?q=a%20b")


@pytest.mark.parametrize(
    "answer",
    [HttpResponse("own words", status=405), StreamingHttpResponse([b""], status=405), HttpResponse(status=404)],
)
def test_an_answer_with_words_of_its_own_keeps_them(answer):
    assert RefusalMiddleware(lambda request: answer)(get()) is answer


def test_the_api_is_told_which_methods_there_are():
    told = RefusalMiddleware(lambda request: HttpResponseNotAllowed(["GET", "HEAD"]))(get("/api/v1/x/"))
    assert (told.status_code, told["Allow"], told["Content-Type"]) == (405, "GET, HEAD", "application/json")


def test_a_refusal_without_values_says_that_it_cannot_be_done():
    assert (LibraryError().detail, LibraryError().as_dict()) == (
        "This cannot be done.",
        {"code": "refused", "detail": "This cannot be done."},
    )


# -- where it may lead next


@pytest.mark.parametrize(
    ("wanted", "is_ours"),
    [
        ("/", True),
        ("/books/1/?q=a&page=2#top", True),
        ("http://testserver/books/", True),
        ("https://testserver/books/", True),
        ("/suche/%D7%90/", True),
        ("", False),
        ("books/1/", False),
        ("admin:index", False),
        ("?q=a", False),
        ("#top", False),
        ("//evil.example/", False),
        ("///evil.example/", False),
        ("/\\evil.example/", False),
        ("\\\\evil.example/", False),
        ("http:///evil.example/", False),
        ("https://evil.example/", False),
        ("https://testserver@evil.example/", False),
        ("https://testserver.evil.example/", False),
        ("HTTPS://evil.example/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        (" /books/", False),
        ("\x08//evil.example", False),
    ],
)
def test_only_a_page_of_this_library_is_led_to(wanted, is_ours):
    assert own_page(get(), wanted) == (wanted if is_ours else "")


def test_who_came_by_https_is_not_led_back_to_http():
    request = get(secure=True)
    assert own_page(request, "http://testserver/books/") == ""
    assert own_page(request, "https://testserver/books/") == "https://testserver/books/"


# -- the time that is left


def test_outside_a_request_nothing_limits_a_wait():
    assert left() is None
    assert Deadline().left() is None


def test_the_time_of_the_innermost_request_counts_and_then_that_of_the_outer_one():
    with within(Deadline(1000)):
        with within(Deadline(0)) as inner:
            assert (left(), inner.left()) == (0.0, 0.0)
        outer = left()
        assert outer is not None
        assert 900 < outer <= 1000
    assert left() is None


def test_time_that_is_over_is_never_less_than_nothing():
    assert Deadline(-5).left() == 0.0


def test_once_the_answer_has_begun_each_wait_has_its_own_time():
    with within(Deadline(0)) as deadline:
        deadline.relax(30)
        assert left() == left() == 30
        deadline.begin(0)
        assert left() == 0


# -- small words of templates


def rendered(template: str, **context: Any) -> str:
    return Template(template).render(Context(context))


@pytest.mark.parametrize(
    ("query", "word"),
    [("", ""), ("?q=", ""), ("?q=a%20%22b%22", "a &quot;b&quot;"), ("?q=%D8%A8", "ب"), ("?q=1&q=2", "2")],
)
def test_what_was_searched_for_stands_in_the_box_again(query, word):
    assert rendered("{% searched %}", request=get(f"/{query}")) == word


def test_a_page_without_a_request_or_with_a_query_that_cannot_be_read_has_an_empty_box():
    class Unreadable:
        @property
        def GET(self) -> Any:
            raise SuspiciousOperation

    assert rendered("{% searched %}") == rendered("{% searched %}", request=Unreadable()) == ""


def test_the_page_that_is_shown_is_marked_and_no_other():
    request = get()
    assert rendered("{% current 'a:b' %}", request=request) == ""
    request.resolver_match = type("Match", (), {"view_name": "a:b"})()
    assert rendered("{% current 'x:y' 'a:b' %}", request=request) == ' aria-current="page"'
    assert rendered("{% current 'a:bc' %}", request=request) == ""
    assert rendered("{% current 'a:b' %}") == ""


def test_each_showing_of_a_form_is_another():
    one, other = rendered("{% once %}"), rendered("{% once %}")
    assert one != other
    assert one.startswith('<input type="hidden" name="once" value="')


@pytest.mark.parametrize(
    ("number", "pages", "shown"),
    [
        (1, 1, ["1"]),
        (1, 3, ["1", "2", "3"]),
        (1, 30, ["1", "2", "…", "30"]),
        (15, 30, ["1", "…", "14", "15", "16", "…", "30"]),
        (30, 30, ["1", "…", "29", "30"]),
    ],
)
def test_of_many_pages_those_around_this_one_and_the_ends_are_offered(number, pages, shown):
    page = Paginator(range(pages), 1).page(number)
    assert rendered("{% for one in page|elided %}{{ one }} {% endfor %}", page=page).split() == shown
