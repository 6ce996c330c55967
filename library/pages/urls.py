from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

app_name = "pages"


def _soon(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse("")


def _health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("", _soon, name="home"),
    path("books/<int:pk>/", _soon, name="book"),
    path("healthz", _health),
]
