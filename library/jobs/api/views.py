"""Jobs over the API."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library.core.http.api import ErrorSerializer
from library.jobs import queries, services
from library.jobs.api.serializers import JobSerializer


class JobView(APIView):
    @extend_schema(responses={200: JobSerializer, 401: ErrorSerializer, 404: ErrorSerializer})
    def get(self, request: Request, pk: UUID) -> Response:
        """How far a job is. Ask again every second or two until `state` is `done`, `failed` or `cancelled`."""
        return Response(JobSerializer(queries.get_job(pk, request.user)).data)


class CancelJobView(APIView):
    @extend_schema(
        request=None,
        responses={
            200: JobSerializer,
            401: ErrorSerializer,
            403: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Stop a job: at once if it waits, at its next checkpoint if it runs."""
        job = services.cancel(job=queries.get_job(pk, request.user), by=request.user)  # type: ignore[arg-type]  # signed in
        return Response(JobSerializer(job).data)
