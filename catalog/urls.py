from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.book_list, name="list"),
    path("suggest/", views.suggestions, name="suggest"),
    path("books/<int:pk>/file/", views.book_file, name="file"),
]
