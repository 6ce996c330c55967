from django.urls import path

from library.pages.views import book, home, system

app_name = "pages"
urlpatterns = [
    path("", home.home, name="home"),
    path("books/<int:pk>/", book.copies, name="book"),
    path("books/<int:pk>/study/", book.study, name="book-study"),
    path("books/<int:pk>/ask/", book.ask, name="book-ask"),
    path("healthz", system.healthz, name="health"),
    path("livez", system.livez, name="alive"),
    path("dev/mailbox/", system.mailbox, name="mailbox"),
]
