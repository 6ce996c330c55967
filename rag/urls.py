from django.urls import path

from rag import views
from rag.pages import reading

app_name = "rag"
urlpatterns = [
    path("search-inside/", views.search_inside_page, name="search-inside"),
    path("books/<int:book_id>/pages/<int:number>/", reading.page, name="page"),
    path("books/<int:book_id>/pages/<int:number>/sheet/", reading.sheet, name="page-sheet"),
    path("books/<int:book_id>/pages/<int:number>/<int:width>.webp", reading.page_image, name="page-image"),
    path("books/<int:book_id>/index/reindex/", views.reindex, name="reindex"),
    path("books/<int:book_id>/index/delete/", views.delete_index, name="delete-index"),
]
