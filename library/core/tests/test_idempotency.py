"""A request that is sent again is answered again, and done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from library.core.errors import LibraryError
from library.core.http import idempotency
from library.core.http.idempotency import StoredAnswer, form_once, once, repeatable, sweep
from library.core.models import KeptAnswer
from library.core.tasks import sweep_kept_answers


class Somebody:
    is_authenticated = True
    is_active = True

    def __init__(self) -> None:
        self.pk = uuid4()


class Things(APIView):
    """Makes a group, or refuses after having made one."""

    authentication_classes = ()
    permission_classes = ()

    @repeatable
    def post(self, request, **kwargs):
        group = Group.objects.create(name=request.data["name"])
        if request.data.get("refuse") == "raise":
            raise LibraryError
        if request.data.get("refuse") == "answer":
            return Response({"code": "refused"}, status=409)
        return Response({"zulu": group.pk, "alpha": group.name, "made": timezone.now().isoformat()}, status=201)


ANN = Somebody()


def post(body, *, key=None, by=ANN, path="/things/"):
    headers = {} if key is None else {"Idempotency-Key": key}
    request = APIRequestFactory().post(path, body, format="json", headers=headers)
    force_authenticate(request, by)
    response = Things.as_view()(request)
    response.render()
    return response


@pytest.mark.django_db
class TestHeader:
    def test_repetition_has_the_same_answer_and_says_so(self):
        first, again = post({"name": "a"}, key="k1"), post({"name": "a"}, key="k1")
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
        assert Group.objects.filter(name="a").count() == 1

    def test_without_a_key_everything_is_done_each_time(self):
        assert post({"name": "a"}).status_code == post({"name": "b"}).status_code == 201
        assert not KeptAnswer.objects.exists()

    @pytest.mark.parametrize(
        ("body", "path"), [({"name": "b"}, "/things/"), ({"name": "a"}, "/others/"), ({"name": "a"}, "/things/?x=1")]
    )
    def test_key_of_another_request_is_refused(self, body, path):
        post({"name": "a"}, key="k1")
        again = post(body, key="k1", path=path)
        assert (again.status_code, again.data["code"]) == (422, "idempotency_key_reused")
        assert not Group.objects.filter(name="b").exists()

    def test_same_key_of_another_user_is_another_key(self):
        assert post({"name": "a"}, key="k1").status_code == 201
        other = post({"name": "b"}, key="k1", by=Somebody())
        assert (other.status_code, "Idempotent-Replayed" in other.headers) == (201, False)

    def test_order_of_names_in_the_body_is_no_difference(self):
        post({"name": "a", "more": 1}, key="k1")
        assert post({"more": 1, "name": "a"}, key="k1").status_code == 201

    @pytest.mark.parametrize("way", ["raise", "answer"])
    def test_refusal_leaves_nothing_behind_and_may_be_tried_again(self, way):
        refused = post({"name": "a", "refuse": way}, key="k1")
        assert (refused.status_code, refused.data["code"]) == (409, "refused")
        assert not Group.objects.filter(name="a").exists()
        assert not KeptAnswer.objects.exists()
        assert post({"name": "a"}, key="k1").status_code == 201

    @pytest.mark.parametrize("key", ["", "k" * 201, "a\tb"])
    def test_key_that_cannot_be_one_is_refused(self, key):
        refused = post({"name": "a"}, key=key)
        assert (refused.status_code, list(refused.data["fields"])) == (400, ["Idempotency-Key"])
        assert not Group.objects.filter(name="a").exists()

    def test_key_of_200_characters_is_one(self):
        assert post({"name": "a"}, key="k" * 200).status_code == 201

    def test_key_is_free_again_after_a_day(self):
        post({"name": "a"}, key="k1")
        KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
        again = post({"name": "b"}, key="k1")
        assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
        assert KeptAnswer.objects.count() == 1

    def test_answers_older_than_a_day_are_swept(self, monkeypatch):
        for name in "abc":
            post({"name": name}, key=name)
        KeptAnswer.objects.exclude(key="a").update(created_at=timezone.now() - timedelta(hours=25))
        monkeypatch.setattr(idempotency, "SWEPT_AT_ONCE", 1)
        assert sweep() == 1
        sweep_kept_answers()
        assert [row.key for row in KeptAnswer.objects.all()] == ["a"]


@pytest.mark.django_db
class TestForm:
    def shown(self):
        field = Template("{% once %}").render(Context())
        return field.split('value="')[1].split('"')[0]

    def post(self, key, **fields):
        request = RequestFactory().post("/form/", {"once": key, "csrfmiddlewaretoken": str(uuid4())} | fields)
        request.user = ANN  # type: ignore[assignment]  # as good as one
        return form_once(request, lambda: Group.objects.create(name=fields["name"]).name)

    def test_form_sent_twice_does_its_work_once(self):
        key = self.shown()
        assert (self.post(key, name="a"), self.post(key, name="a")) == (
            StoredAnswer(200, "a"),
            StoredAnswer(200, "a", is_replayed=True),
        )

    def test_form_shown_twice_is_two_forms(self):
        assert self.post(self.shown(), name="a") == StoredAnswer(200, "a")
        assert self.post(self.shown(), name="b") == StoredAnswer(200, "b")

    def test_form_without_the_field_is_not_kept(self):
        assert self.post("", name="a") == StoredAnswer(200, "a")
        assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """The second comes while the first is still at work."""

    def run(self, *, first_fails: bool):
        done, first_is_in, second_is_in = [], Event(), Event()

        def first():
            done.append("first")
            first_is_in.set()
            # Long enough for the second to come to the key, where it must wait: it is not through before we end.
            assert not second_is_in.wait(0.5)
            if first_fails:
                raise LibraryError
            return StoredAnswer(201, "first")

        def second():
            done.append("second")
            second_is_in.set()
            return StoredAnswer(201, "second")

        def ask(work):
            try:
                return once(user_id=ANN.pk, key="k", asked={"body": 1}, work=work)
            except LibraryError as refusal:
                return refusal.code
            finally:
                connection.close()

        def ask_second():
            first_is_in.wait(10)
            return ask(second)

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.submit(ask, first), pool.submit(ask_second)
            return done, one.result(), two.result()

    def test_second_waits_and_gets_the_answer_of_the_first(self):
        done, one, two = self.run(first_fails=False)
        assert done == ["first"]
        assert (one, two) == (StoredAnswer(201, "first"), StoredAnswer(201, "first", is_replayed=True))

    def test_second_does_the_work_that_the_first_failed_at(self):
        done, one, two = self.run(first_fails=True)
        assert done == ["first", "second"]
        assert (one, two) == ("refused", StoredAnswer(201, "second"))

    def test_without_the_constraint_both_would_do_it(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_keptanswer DROP CONSTRAINT kept_answer_once_per_key")
        try:
            with pytest.raises(AssertionError):
                self.run(first_fails=False)
        finally:
            KeptAnswer.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "ALTER TABLE core_keptanswer ADD CONSTRAINT kept_answer_once_per_key UNIQUE (user_id, key)"
                )
