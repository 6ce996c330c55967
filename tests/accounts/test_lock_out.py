"""A lock-out against everything that really runs: counted in PostgreSQL, told by mail by a worker."""

from __future__ import annotations

import httpx
import pytest

from tests.journeys.test_journey_api import register
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
PASSWORD = "a quiet room 7"


def test_lock_out_survives_a_restart_of_redis_and_is_told_by_mail(stack: Stack):
    email = register(stack, "locked").get("/me/").json()["email"]
    stranger = stack.client()
    tries = [stranger.post("/auth/login/", json={"email": email, "password": f"guess {n}"}) for n in range(5)]
    assert [answer.status_code for answer in tries] == [401] * 5
    eventually(lambda: [mail for mail in stack.mails(email) if "opens again by itself" in mail], seconds=60)
    stack.kill("redis-server")

    refused = eventually(lambda: stranger.post("/auth/login/", json={"email": email, "password": PASSWORD}), seconds=30)

    assert (refused.status_code, refused.json()["code"]) == (429, "locked_out")
    assert 800 < int(refused.headers["Retry-After"]) <= 900
    forged = stranger.post(
        "/auth/login/", json={"email": email, "password": PASSWORD}, headers={"X-Forwarded-For": "192.0.2.7"}
    )
    assert forged.status_code == 429
    assert [kind for (kind,) in stack.sql("SELECT kind FROM accounts_tally") if kind.endswith("_client")] == []
    eventually(lambda: httpx.get(f"{stack.url}/healthz").status_code == 200, seconds=30, pause=0.5)
