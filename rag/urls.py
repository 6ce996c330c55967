from django.urls import path

from rag import views
from rag.pages import highlights, reading

app_name = "rag"
urlpatterns = [
    path("search-inside/", views.search_inside_page, name="search-inside"),
    path("books/<int:book_id>/pages/<int:number>/", reading.page, name="page"),
    path("books/<int:book_id>/pages/<int:number>/turn/", reading.turn, name="turn"),
    path("books/<int:book_id>/pages/<int:number>/sheet/", reading.sheet, name="page-sheet"),
    path("books/<int:book_id>/pages/<int:number>/<int:width>.webp", reading.page_image, name="page-image"),
    path("books/<int:book_id>/read/", reading.read, name="read"),
    path("books/<int:book_id>/read/forget/", reading.forget, name="forget-reading"),
    path("books/<int:book_id>/find/", reading.find_words, name="find"),
    path("books/<int:book_id>/pages/<int:number>/highlights/", highlights.make, name="make-highlight"),
    path("books/<int:book_id>/highlights/", highlights.of_book, name="highlights"),
    path("books/<int:book_id>/highlights.md", highlights.markdown_of_book, name="highlights-markdown"),
    path("highlights/<uuid:highlight_id>/note/", highlights.change_note, name="change-note"),
    path("highlights/<uuid:highlight_id>/delete/", highlights.delete, name="delete-highlight"),
    path("reading/", reading.reading_list, name="reading"),
    path("reading/highlights.md", highlights.markdown, name="all-highlights-markdown"),
    path("books/<int:book_id>/index/reindex/", views.reindex, name="reindex"),
    path("books/<int:book_id>/index/delete/", views.delete_index, name="delete-index"),
]
