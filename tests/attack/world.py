"""A small library to attack, and lists of its doors: read from the URL patterns and the OpenAPI document, never typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Role, User
from accounts.sessions import tokens
from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book, Branch, Copy
from catalog.tests.factories import make_book, make_copy
from circulation.models import Hold, Loan, LoanRule
from circulation.tests.factories import make_hold, make_loan
from library.jobs.models import Job

METHODS = {"get", "post", "put", "patch", "delete"}
# What a reader and what nobody may call. An endpoint that stands in neither list is the staff's.
READERS = {
    "GET /api/v1/activity/",
    "POST /api/v1/auth/password/",
    "POST /api/v1/auth/ticket/",
    "GET /api/v1/me/",
    "GET /api/v1/me/preferences/",
    "PATCH /api/v1/me/preferences/",
    "GET /api/v1/notices/",
    "GET /api/v1/notices/state/",
    "POST /api/v1/notices/read/",
    "GET /api/v1/books/{book_id}/study/",
    "GET /api/v1/charges/",
    "GET /api/v1/charges/{id}/",
    "GET /api/v1/charges/balance/",
    "GET /api/v1/charges/statement/",
    "GET /api/v1/payments/",
    "GET /api/v1/payments/{id}/",
    "GET /api/v1/payments/{id}/receipt/",
    "GET /api/v1/holds/",
    "POST /api/v1/holds/",
    "GET /api/v1/holds/{id}/",
    "DELETE /api/v1/holds/{id}/",
    "POST /api/v1/holds/{id}/branch/",
    "POST /api/v1/holds/{id}/resume/",
    "POST /api/v1/holds/{id}/suspend/",
    "GET /api/v1/jobs/{id}/",
    "POST /api/v1/jobs/{id}/cancel/",
    "GET /api/v1/loans/",
    "GET /api/v1/loans/{id}/",
    "POST /api/v1/loans/",
    "POST /api/v1/loans/{id}/renew/",
    "POST /api/v1/loans/renew-all/",
    "GET /api/v1/loans/{id}/explain/",
    "POST /api/v1/loans/explain/",
    "GET /api/v1/loans/overdue/",
    "GET /api/v1/loans/summary/",
    "GET /api/v1/rag/books/{book_id}/index/",
    "POST /api/v1/rag/books/{book_id}/query/",
    "POST /api/v1/rag/search/",
    "POST /api/v1/rag/books/{book_id}/highlights/",
    "GET /api/v1/rag/books/{book_id}/position/",
    "PUT /api/v1/rag/books/{book_id}/position/",
    "DELETE /api/v1/rag/books/{book_id}/position/",
    "GET /api/v1/rag/highlights/",
    "GET /api/v1/rag/highlights/{highlight_id}/",
    "PATCH /api/v1/rag/highlights/{highlight_id}/",
    "DELETE /api/v1/rag/highlights/{highlight_id}/",
    "GET /api/v1/rag/conversations/",
    "POST /api/v1/rag/conversations/",
    "GET /api/v1/rag/conversations/{id}/",
    "PATCH /api/v1/rag/conversations/{id}/",
    "DELETE /api/v1/rag/conversations/{id}/",
    "POST /api/v1/rag/conversations/{id}/ask/",
    "GET /api/v1/rag/conversations/{id}/export/",
    "GET /api/v1/rag/answers/{id}/",
    "POST /api/v1/rag/answers/{id}/stop/",
    "POST /api/v1/rag/answers/{id}/judge/",
    "GET /api/v1/rag/answers/{id}/events/",
}
NOBODYS = {
    "GET /api/v1/books/",
    "GET /api/v1/books/{id}/",
    "GET /api/v1/books/{id}/copies/",
    "GET /api/v1/branches/",
    "GET /api/v1/item-types/",
    "GET /api/v1/books/newest/",
    "GET /api/v1/books/popular/",
    "GET /api/v1/books/{id}/similar/",
    "GET /api/v1/books/suggest/",
    "GET /api/v1/usernames/{name}/",
    *(
        f"POST /api/v1/auth/{door}/"
        for door in (
            "invitations",
            "invitations/accept",
            "login",
            "login/resend",
            "logout",
            "otp",
            "register",
            "reset",
            "token/refresh",
            "token/verify",
        )
    ),
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def call(self, client: Client, world: World, body: Any = None, **options: Any) -> Any:
        return client.generic(
            self.method,
            world.address(self.path),
            body if isinstance(body, bytes) else _json(body),
            content_type=options.pop("content_type", "application/json"),
            **options,
        )


@dataclass
class World:
    """``reader`` attacks; everything else is ``other``'s or the library's."""

    reader: User = field(default_factory=make_user)
    other: User = field(default_factory=make_user)
    librarian: User = field(default_factory=make_librarian)
    administrator: User = field(default_factory=lambda: make_user(Role.ADMINISTRATOR))
    book: Book = field(default_factory=make_book)
    copy: Copy = field(init=False)
    loan: Loan = field(init=False)
    hold: Hold = field(init=False)
    job: Job = field(init=False)
    rule: LoanRule = field(default_factory=lambda: LoanRule.objects.order_by("pk")[0])

    def __post_init__(self) -> None:
        self.copy = make_copy(book=self.book)
        self.loan = make_loan(patron=self.other.patron, copy=make_copy(book=self.book, branch=self.branch))
        self.hold = make_hold(patron=self.other.patron, copy=make_copy(book=self.book, branch=self.branch))
        self.job = Job.objects.create(
            kind="index", subject_label="catalog.digitalfile", subject_id=uuid4(), requested_by=self.other
        )

    @property
    def branch(self) -> Branch:
        return self.copy.branch

    def address(self, path: str) -> str:
        """``path`` with ids that exist."""
        rows: list[tuple[str, Model]] = [
            ("/loans/", self.loan),
            ("/holds/", self.hold),
            ("/jobs/", self.job),
            ("/conversations/", self.job),  # no conversation, and no answer, is known by it
            ("/answers/", self.job),
            ("/books/", self.book),
            ("/loan-rules/", self.rule),
        ]
        for part, row in rows:
            if part in path:
                path = path.replace("{id}", str(row.pk))
        return (
            path.replace("{book_id}", str(self.book.pk))
            .replace("{highlight_id}", str(self.job.pk))
            .replace("{name}", "ada")
            .replace("{barcode}", self.copy.barcode)
        )


def bearer(user: User) -> Client:
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {tokens.issue(user).access}"})


def browser(user: User | None = None, **options: Any) -> Client:
    client = Client(**{"raise_request_exception": False} | options)
    if user is not None:
        client.force_login(user)
    return client


@cache
def operations() -> tuple[Operation, ...]:
    document = SchemaGenerator().get_schema(request=None, public=True)
    shapes = document["components"]["schemas"]

    def names(shape: dict[str, Any]) -> list[str]:
        if "$ref" in shape:
            shape = shapes[shape["$ref"].rsplit("/", 1)[1]]
        inner = [name for part in shape.get("oneOf", ()) for name in names(part)]
        return [*shape.get("properties", ()), *inner]

    found = [
        Operation(method.upper(), path, tuple(names(_body_of(told))))
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]
    assert len(found) > 30
    return tuple(found)


def staffs() -> list[Operation]:
    return [operation for operation in operations() if operation.name not in READERS | NOBODYS]


@cache
def pages() -> tuple[str, ...]:
    """The pattern of every address that is no API's."""
    found = tuple(route for route in _routes(get_resolver()) if not route.startswith("/api/"))
    assert len(found) > 60
    return found


def filled(route: str, world: World) -> str:
    """An address of ``route`` with ids that exist."""
    ids = {
        "<int:pk>": world.book.pk,
        "<int:book_id>": world.book.pk,
        "<int:number>": 1,
        "<logo:name>": "0" * 32,
        "<slug:service>": "sendgrid",
        "<slug:code>/<str:language>": "due_soon/en",
        "<str:token>": "x" * 43,
        "<int:width>": 800,
        "<slug:key>/<slug:size>": "0" * 16 + "/small",
        "<uuid:highlight_id>": world.job.pk,
        "<path:object_id>": world.other.pk,
        "<uuid:pk>": world.job.pk if "/jobs/" in route else world.hold.pk,
        "<path:content_type_id>": 1,
    }
    for part, value in ids.items():
        route = route.replace(part, str(value))
    return route


def _routes(resolver: URLResolver, before: str = "/") -> list[str]:
    found: list[str] = []
    for part in resolver.url_patterns:
        here = before + str(part.pattern)
        found += (
            _routes(part, here) if isinstance(part, URLResolver) else [here] if isinstance(part, URLPattern) else []
        )
    return [route for route in found if "(?" not in route and "^" not in route]


def _body_of(told: dict[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return shape


def _json(body: Any) -> str:
    import json

    return "" if body is None else json.dumps(body)
