from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "pages"


def _soon(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [path("", _soon, name="home"), path("books/<int:pk>/", _soon, name="book")]
