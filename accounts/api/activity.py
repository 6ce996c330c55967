"""The record of who did what, over the API."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import ActivityFilterSerializer, ActivitySerializer
from accounts.models import User
from library.activity import services as activity
from library.activity.models import Activity
from library.core.http.api import ErrorSerializer


class ActivityList(generics.ListAPIView[Activity]):
    permission_classes = (IsAuthenticated,)
    serializer_class = ActivitySerializer
    queryset = Activity.objects.none()

    @extend_schema(
        operation_id="activity_list",
        summary="Who did what, the newest first",
        description="What you did and what was done to you; all of it with the permission `activity.view_activity`.",
        parameters=[ActivityFilterSerializer],
        responses={
            200: ActivitySerializer(many=True),
            400: ErrorSerializer,
            401: ErrorSerializer,
            404: ErrorSerializer,
        },
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Activity]:
        wanted = ActivityFilterSerializer(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        assert isinstance(self.request.user, User)
        return activity.visible_to(self.request.user, **wanted.validated_data)
