from django.urls import path

from catalog.api import views

urlpatterns = [
    path("books/", views.BookList.as_view(), name="api-books"),
    path("books/suggest/", views.BookSuggestions.as_view(), name="api-books-suggest"),
    path("books/<int:pk>/", views.BookDetail.as_view(), name="api-book"),
    path("books/<int:pk>/copies/", views.BookCopies.as_view(), name="api-book-copies"),
    path("branches/", views.BranchList.as_view(), name="api-branches"),
]
