"""One's own choices, over the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.common import read
from accounts.models import User
from accounts.services import preferences
from library.core.http.api import ErrorSerializer
from library.notices import kinds
from library.notices.models import LetterWish
from library.notices.preferences import Wish


class GroupWishSerializer(serializers.Serializer[Any]):
    group = serializers.ChoiceField(choices=list(kinds.GROUPS))
    letters = serializers.ChoiceField(
        choices=LetterWish.choices, help_text="Those of `account` and `overdue` are always sent `at_once`."
    )
    bell = serializers.BooleanField()


class ChoicesSerializer(serializers.Serializer[Any]):
    notices = GroupWishSerializer(many=True)
    language = serializers.CharField(max_length=12, allow_blank=True, help_text="Of letters; empty: the library's own.")
    keeps_history = serializers.BooleanField(help_text="Whether past loans are kept until you say otherwise.")


class ChoicesChangeSerializer(ChoicesSerializer):
    """What is left out stays as it is."""

    notices = GroupWishSerializer(many=True, required=False)
    language = serializers.CharField(max_length=12, allow_blank=True, required=False)
    keeps_history = serializers.BooleanField(required=False)
    is_warned = serializers.BooleanField(
        required=False,
        write_only=True,
        help_text="Needed with `keeps_history: false`: past loans are then forgotten, for good.",
    )


class MyChoices(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="me_preferences",
        summary="How I am told, and whether my past loans are kept",
        responses={200: ChoicesSerializer, 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(_shown(preferences.choices_of(_user(request))))

    @extend_schema(
        operation_id="me_preferences_change",
        summary="Change it",
        description="409 `history_would_go` where past loans would be forgotten and `is_warned` is missing.",
        request=ChoicesChangeSerializer,
        responses={200: ChoicesSerializer, 400: ErrorSerializer, 401: ErrorSerializer, 409: ErrorSerializer},
    )
    def patch(self, request: Request) -> Response:
        given = read(ChoicesChangeSerializer, request)
        wishes = {one["group"]: Wish(one["letters"], one["bell"]) for one in given.pop("notices", [])}
        return Response(_shown(preferences.choose(user=_user(request), wishes=wishes, **given)))


def _shown(chosen: preferences.Choices) -> dict[str, Any]:
    groups = [{"group": code, "letters": wish.letters, "bell": wish.bell} for code, wish in chosen.wishes.items()]
    shown: dict[str, Any] = ChoicesSerializer(
        {"notices": groups, "language": chosen.language, "keeps_history": chosen.keeps_history}
    ).data
    return shown


def _user(request: Request) -> User:
    assert not isinstance(request.user, AnonymousUser)
    return request.user
