"""Where one is led after the last step of signing in, registering or starting over: to a page of this library."""

from __future__ import annotations

import pytest

from accounts.models import OneTimeCode
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver
from tests.attack.test_injection import ELSEWHERE
from tests.attack.world import browser

pytestmark = pytest.mark.django_db
SIGN_IN, CODE = "/accounts/sign-in/", "/accounts/sign-in/code/"
HOME = "/"
WAYS = {
    "field": lambda wanted: ({"next": wanted}, {}),
    "query": lambda wanted: ({}, {"next": wanted}),
    "both": lambda wanted: ({"next": wanted}, {"next": "/loans/"}),
}


def led(client, answer):
    """Where a chain of redirects ends, read as browsers do: without tabs and line breaks, and \\ as /."""
    assert answer.status_code == 302, answer.content
    return "".join(sign for sign in answer["Location"] if sign > " ").replace("\\", "/")


def both_steps(wanted, way, *, code_query=None):
    user, client = make_user(), browser()
    form, query = WAYS[way](wanted)
    client.get(SIGN_IN, query)
    first = client.post(SIGN_IN, {"email": user.email, "password": PASSWORD} | form, query_params=query)
    assert first["Location"] == CODE
    last = client.post(CODE, {"code": deliver()} | (code_query or {}), query_params=code_query or {})
    assert "_auth_user_id" in client.session
    return led(client, last)


@pytest.mark.parametrize("wanted", ["/loans/", "/books/1/ask/?q=1#a", "http://testserver/loans/"])
@pytest.mark.parametrize("way", WAYS)
def test_after_both_steps_one_is_where_one_wanted_to_be(wanted, way):
    assert both_steps(wanted, way) == wanted


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_after_both_steps_nobody_is_led_elsewhere(wanted, way):
    assert both_steps(wanted, way) == HOME


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_the_second_step_takes_no_other_address(wanted):
    assert both_steps("/loans/", "field", code_query={"next": wanted}) == "/loans/"


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_after_registering_nobody_is_led_elsewhere(wanted):
    client = browser()
    client.post("/accounts/register/", {"email": "eve@example.org", "next": wanted})
    form = {"code": deliver(), "password": PASSWORD, "full_name": "Eve", "username": "eve", "next": wanted}
    answer = client.post("/accounts/register/confirm/", form, query_params={"next": wanted})
    assert led(client, answer) == HOME


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_who_has_to_start_over_is_led_elsewhere_neither_then_nor_later(wanted):
    user, client = make_user(), browser()
    client.post(SIGN_IN, {"email": user.email, "password": PASSWORD, "next": wanted})
    digits = deliver()
    OneTimeCode.objects.all().delete()  # as after ten minutes
    again = client.post(CODE, {"code": digits})
    assert again["Location"].startswith(f"{SIGN_IN}?next=")
    client.get(again["Location"])
    client.post(again["Location"], {"email": user.email, "password": PASSWORD})
    assert led(client, client.post(CODE, {"code": deliver()})) == HOME


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_who_resets_or_is_refused_a_page_is_led_elsewhere_by_neither(wanted):
    user, client = make_user(), browser()
    client.post("/accounts/reset/", {"email": user.email, "next": wanted}, query_params={"next": wanted})
    form = {"code": deliver(), "password": "another horse 8", "next": wanted}
    answer = client.post("/accounts/reset/confirm/", form, query_params={"next": wanted})
    assert led(client, answer) == SIGN_IN
    assert led(client, client.get("/loans/", {"next": wanted})).startswith(f"{SIGN_IN}?next=/loans/")
