from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.book_list, name="list"),
    path("suggest/", views.suggestions, name="suggest"),
    path("books/<int:pk>/cover/<slug:key>/<slug:size>", views.cover, name="cover"),
    path("books/<int:pk>/cover.svg", views.drawn_cover, name="drawn-cover"),
    path("books/<int:pk>/file/", views.book_file, name="file"),
]
