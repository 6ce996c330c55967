from django.urls import path

from rag import views

app_name = "rag"
urlpatterns = [
    path("search-inside/", views.search_inside_page, name="search-inside"),
    path("books/<int:book_id>/pages/<int:number>/", views.page, name="page"),
    path("books/<int:book_id>/index/reindex/", views.reindex, name="reindex"),
    path("books/<int:book_id>/index/delete/", views.delete_index, name="delete-index"),
]
