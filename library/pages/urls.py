from django.urls import path

from catalog.pages import tabs
from library.pages.views import book, home, system

app_name = "pages"
urlpatterns = [
    path("", home.home, name="home"),
    path("books/<int:pk>/", book.book_tab, {"code": tabs.first().code}, name="book"),
    *(
        path(f"books/<int:pk>/{tab.code}/", book.book_tab, {"code": tab.code}, name=f"book-{tab.code}")
        for tab in tabs.registered()[1:]
    ),
    path("healthz", system.healthz, name="health"),
    path("livez", system.livez, name="alive"),
    path("metrics", system.metrics, name="metrics"),
    path("dev/mailbox/", system.mailbox, name="mailbox"),
]
