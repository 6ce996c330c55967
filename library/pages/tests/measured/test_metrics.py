"""Who reads what is counted, and what of requests and jobs is."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from library.core.measuring import metrics
from library.jobs.models import Job

TOKEN = "a-token-of-thirty-letters-or-so"


@pytest.fixture(autouse=True)
def strangers(settings):
    """Nobody may read it, and this is no machine for trying out."""
    settings.EMBEDDED, settings.METRICS_TOKEN, settings.METRICS_NETWORKS = False, "", ()


@pytest.mark.django_db
def test_for_strangers_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ä"])
def test_a_wrong_token_is_refused_and_the_right_one_asked_for(client, settings, sent):
    settings.METRICS_TOKEN = TOKEN

    response = client.get("/metrics", headers={"Authorization": sent} if sent else {})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert b"lyceum_" not in response.content


@pytest.mark.django_db
def test_the_right_token_reads_it(client, settings):
    settings.METRICS_TOKEN = TOKEN

    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert response.status_code == 200
    assert response["Content-Type"] == metrics.CONTENT_TYPE
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.django_db
def test_a_network_of_the_settings_reads_it_without_a_token(client, settings):
    settings.METRICS_NETWORKS = (ip_network("10.1.0.0/16"),)

    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.2.2.3").status_code == 404
    # Whoever writes the header themselves is believed nothing.
    assert client.get("/metrics", REMOTE_ADDR="10.2.2.3", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 404
    # And a trusted proxy's own address says nothing of who stands behind it.
    settings.TRUSTED_PROXIES = (ip_network("10.1.0.1/32"),)
    behind = {"X-Forwarded-For": "203.0.113.5"}
    assert client.get("/metrics", REMOTE_ADDR="10.1.0.1", headers=behind).status_code == 404


@pytest.mark.django_db
def test_whoever_tries_the_library_out_reads_it_on_their_machine(client, settings):
    settings.EMBEDDED = True

    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404


@pytest.mark.django_db
def test_requests_and_jobs_are_told(client, settings, django_assert_max_num_queries):
    settings.EMBEDDED = True
    Job.objects.create(kind="index", subject_label="rag.document", subject_id="01900000-0000-7000-8000-000000000000")
    client.get("/livez")
    client.get("/nowhere-at-all")
    client.generic("BREW", "/livez")

    with django_assert_max_num_queries(1):
        told = client.get("/metrics").content.decode().splitlines()

    assert 'lyceum_requests_total{view="pages:alive",method="GET",status="200"} 1' in told
    assert 'lyceum_requests_total{view="none",method="GET",status="404"} 1' in told
    assert 'lyceum_requests_total{view="pages:alive",method="other",status="405"} 1' in told
    assert any(line.startswith('lyceum_request_seconds_total{view="pages:alive"} 0.') for line in told)
    assert 'lyceum_jobs{kind="index",state="queued"} 1' in told
