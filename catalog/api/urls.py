from django.urls import path

from catalog.api import copies, covers, shelves, views

urlpatterns = [
    path("books/", views.BookList.as_view(), name="api-books"),
    path("books/suggest/", views.BookSuggestions.as_view(), name="api-books-suggest"),
    path("books/<int:pk>/", views.BookDetail.as_view(), name="api-book"),
    path("books/<int:pk>/cover/", covers.BookCover.as_view(), name="api-book-cover"),
    path("books/<int:pk>/copies/", views.BookCopies.as_view(), name="api-book-copies"),
    path("books/newest/", shelves.Newest.as_view(), name="api-books-newest"),
    path("books/popular/", shelves.Popular.as_view(), name="api-books-popular"),
    path("books/<int:pk>/similar/", shelves.Similar.as_view(), name="api-book-similar"),
    path("copies/<path:barcode>/", copies.Copies.as_view(), name="api-copy"),
    path("item-types/", copies.ItemTypeList.as_view(), name="api-item-types"),
    path("branches/", views.BranchList.as_view(), name="api-branches"),
]
