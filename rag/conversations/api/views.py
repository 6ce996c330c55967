"""Conversations over the API: each is its reader's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.queries import get_book
from library.core.http.api import ErrorSerializer, user_of
from rag import queries as rag
from rag.conversations import exports, judging, queries, services
from rag.conversations.api import serializers as shapes
from rag.conversations.live import events as live_events
from rag.conversations.models import Conversation, Exchange
from rag.conversations.sources import shown

ERRORS = {401: ErrorSerializer, 404: ErrorSerializer}
ASKED = {400: ErrorSerializer, **ERRORS, 403: ErrorSerializer, 409: ErrorSerializer, 429: ErrorSerializer}


class ConversationsView(ListAPIView):  # type: ignore[type-arg]  # of rows that no serializer writes
    serializer_class = shapes.ConversationSerializer

    def get_queryset(self) -> Any:
        return queries.conversations_of(user_of(self.request)).select_related("document")

    @extend_schema(
        operation_id="rag_conversations", responses={200: shapes.ConversationSerializer(many=True), **ERRORS}
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your conversations, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="rag_conversations_begin",
        request=shapes.BeginSerializer,
        responses={201: shapes.ConversationSerializer, **ASKED},
    )
    def post(self, request: Request) -> Response:
        """Begin a conversation with a book. Its first question is asked as all others are, at `ask/`."""
        given = shapes.BeginSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = user_of(request)
        book = get_book(given.validated_data["book"], user)
        document = rag.document_of(book, viewer=user)
        made = services.begin(document=document, question=given.validated_data["question"], by=user)
        return Response(shapes.ConversationSerializer(made).data, status=status.HTTP_201_CREATED)


class ConversationView(APIView):
    @extend_schema(operation_id="rag_conversation", responses={200: shapes.WholeConversationSerializer, **ERRORS})
    def get(self, request: Request, pk: UUID) -> Response:
        """A conversation with all that was said in it, its sources as they stand now."""
        return Response(_whole(queries.get_conversation(pk, user_of(request)), request))

    @extend_schema(
        operation_id="rag_conversation_rename",
        request=shapes.TitleSerializer,
        responses={200: shapes.ConversationSerializer, 400: ErrorSerializer, **ERRORS},
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Give it another title."""
        given = shapes.TitleSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        found = queries.get_conversation(pk, user_of(request))
        made = services.rename(conversation=found, title=given.validated_data["title"], by=user_of(request))
        return Response(shapes.ConversationSerializer(made).data)

    @extend_schema(operation_id="rag_conversation_delete", responses={204: None, **ERRORS})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it with all that was said in it."""
        found = queries.get_conversation(pk, user_of(request))
        services.delete(conversation=found, by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _whole(conversation: Conversation, request: Request) -> dict[str, Any]:
    exchanges = shown(conversation, conversation.exchanges.order_by("number"), request.user)
    body: dict[str, Any] = dict(shapes.ConversationSerializer(conversation).data)
    return body | {"exchanges": [shapes.ExchangeSerializer(shapes.exchange_body(one)).data for one in exchanges]}


class AskView(APIView):
    @extend_schema(
        operation_id="rag_conversation_ask",
        request=shapes.FollowUpSerializer,
        responses={200: shapes.ExchangeSerializer, 202: shapes.ExchangeSerializer, **ASKED},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask on. A question that leans on earlier ones is searched for with what they were about. With `wait` false
        the answer is written by a worker, whoever follows it (202)."""
        given = shapes.FollowUpSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        waits = given.validated_data["wait"]
        put = services.ask if waits else services.ask_a_worker
        found = queries.get_conversation(pk, user_of(request))
        made = put(conversation=found, question=given.validated_data["question"], by=user_of(request))
        return _response(made, found, request, status.HTTP_200_OK if waits else status.HTTP_202_ACCEPTED)


def _response(exchange: Exchange, conversation: Conversation, request: Request, code: int = 200) -> Response:
    (one,) = shown(conversation, [exchange], request.user)
    return Response(shapes.ExchangeSerializer(shapes.exchange_body(one)).data, status=code)


class AnswerView(APIView):
    @extend_schema(operation_id="rag_answer", responses={200: shapes.ExchangeSerializer, **ERRORS})
    def get(self, request: Request, pk: UUID) -> Response:
        """One question of a conversation and its answer, as far as it is."""
        found = queries.get_exchange(pk, user_of(request))
        return _response(found, found.conversation, request)


class StopView(APIView):
    @extend_schema(operation_id="rag_answer_stop", request=None, responses={200: shapes.ExchangeSerializer, **ERRORS})
    def post(self, request: Request, pk: UUID) -> Response:
        """End an answer that is being written; what there is of it stays. Harmless where it has ended."""
        found = queries.get_exchange(pk, user_of(request))
        return _response(services.stop(exchange=found, by=user_of(request)), found.conversation, request)


class JudgeView(APIView):
    @extend_schema(
        operation_id="rag_answer_judge",
        request=shapes.JudgementSerializer,
        responses={200: shapes.ExchangeSerializer, 400: ErrorSerializer, **ERRORS, 409: ErrorSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Say whether an answer was right, with a line for why. Staff see the answer and the line, and not who wrote
        it."""
        given = shapes.JudgementSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        found = queries.get_exchange(pk, user_of(request))
        made = judging.judge(exchange=found, by=user_of(request), **given.validated_data)
        return _response(made, found.conversation, request)


class ExportView(APIView):
    @extend_schema(
        operation_id="rag_conversation_export", responses={(200, "text/markdown"): OpenApiTypes.STR, **ERRORS}
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """All of it in Markdown."""
        found = queries.get_conversation(pk, user_of(request))
        exchanges = shown(found, found.exchanges.order_by("number"), request.user)
        site = request.build_absolute_uri("/").rstrip("/")
        return HttpResponse(
            exports.as_markdown(found, exchanges, site=site), content_type="text/markdown; charset=utf-8"
        )


class AnyType(BaseContentNegotiation):
    """For a stream: clients of events accept ``text/event-stream`` alone, and refusals are JSON all the same."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return JSONRenderer(), "application/json"


class EventsView(APIView):
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="rag_answer_events",
        parameters=[OpenApiParameter("Last-Event-ID", str, "header", description="Go on after this event.")],
        responses={(200, "text/event-stream"): OpenApiTypes.STR, **ERRORS},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """An answer as it is written, as server-sent events.

        `block` for each part, with its number, and `end` with the whole. Leaving stops nothing."""
        return live_events.response(user_of(request), pk, request.headers.get("Last-Event-ID", "")[:100])
