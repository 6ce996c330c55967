"""The peer of ``bench.web.pages``: what somebody would have who begins a Django project on the same rows."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any
from weakref import WeakSet

from django.contrib import admin
from django.core.asgi import get_asgi_application

application = get_asgi_application()

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework import generics, serializers

from bench.web.client import WORDS
from catalog.models import Book
from circulation.models import Loan

PAGE = Template(
    "<!doctype html><title>Books</title><h1>{{ greeted }}</h1><ul>{% for book in books %}"
    '<li><a href="/books/{{ book.pk }}/">{{ book.title }}</a>, {{ book.year|default:"" }}</li>{% endfor %}</ul>'
)


@cache
def statements() -> tuple[list[str], dict[str, list[str]]]:
    """What a connection has to prepare, and for each word what the library's own search asks. On a connection alone,
    which is given up then: there the search may prepare what it likes."""
    from catalog.search.services import search as search_itself

    prepares, searches = [], {}
    connection.close()
    for word in WORDS:
        with CaptureQueriesContext(connection) as captured:
            search_itself(word, user=AnonymousUser())
        asked = [row["sql"] for row in captured if not row["sql"].startswith(("SAVEPOINT", "RELEASE", "DEALLOCATE"))]
        prepares += [statement for statement in asked if statement.startswith("PREPARE")]
        searches[word] = [statement for statement in asked if not statement.startswith("PREPARE")]
    connection.connection.close()
    connection.close()
    return list(dict.fromkeys(prepares)), searches


_capturing = Lock()
_ready: WeakSet[Any] = WeakSet()  # connections that have prepared all


def bare(request: HttpRequest) -> HttpResponse:
    """A session and one query."""
    books = Book.objects.only("pk", "title", "year").order_by("pk")[:20]
    return HttpResponse(PAGE.render(Context({"greeted": request.session.get("greeted"), "books": books})))


def search(request: HttpRequest) -> HttpResponse:
    """The same, which also runs the statements of the library's own search for what is asked, and throws them away."""
    with _capturing:
        prepares, searches = statements()
    connection.ensure_connection()
    with connection.cursor() as cursor:
        if connection.connection not in _ready:
            for statement in prepares:
                cursor.execute(statement)
            _ready.add(connection.connection)
        for statement in searches[request.GET["q"]]:
            cursor.execute(statement)
            while cursor.nextset():
                pass
    return bare(request)


class BookAdmin(admin.ModelAdmin[Book]):
    """Stock, with as many rows and as many plain columns as ours has."""

    list_display = ("title", "year", "language", "isbn", "total_copies", "available_copies")
    list_per_page = 50


class LoanAdmin(admin.ModelAdmin[Loan]):
    list_display = ("pk", "copy", "patron", "checked_out_at", "due_at", "returned_at")
    list_select_related = ("copy", "patron__user")
    list_per_page = 50


site = admin.AdminSite(name="stock")
site.register(Book, BookAdmin)
site.register(Loan, LoanAdmin)


class BookSerializer(serializers.ModelSerializer[Book]):
    class Meta:
        model = Book
        fields = [
            "id",
            "title",
            "subtitle",
            "isbn",
            "publisher",
            "year",
            "language",
            "total_copies",
            "available_copies",
        ]


class LoanSerializer(serializers.ModelSerializer[Loan]):
    copy = serializers.CharField(source="copy.barcode")
    title = serializers.CharField(source="copy.book.title")
    patron = serializers.CharField(source="patron.card_number")

    class Meta:
        model = Loan
        fields = ["id", "copy", "title", "patron", "checked_out_at", "due_at", "returned_at", "renewals"]


class Books(generics.ListAPIView[Book]):
    queryset = Book.objects.order_by("title", "pk")
    serializer_class = BookSerializer


class Loans(generics.ListAPIView[Loan]):
    queryset = Loan.objects.select_related("copy__book", "patron").order_by("-checked_out_at", "-id")
    serializer_class = LoanSerializer


def healthy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns: list[Any] = [
    path("bare/", bare),
    path("search/", search),
    path("admin/", site.urls),
    path("api/books/", Books.as_view()),
    path("api/loans/", Loans.as_view()),
    path("healthz", healthy),
]
