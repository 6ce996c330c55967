from django.urls import path

from rag.api import reading, views

urlpatterns = [
    path("rag/search/", views.SearchView.as_view(), name="api-rag-search"),
    path("rag/books/<int:book_id>/query/", views.QueryView.as_view(), name="api-rag-query"),
    path("rag/books/<int:book_id>/index/", views.IndexView.as_view(), name="api-rag-index"),
    path("rag/books/<int:book_id>/reindex/", views.ReindexView.as_view(), name="api-rag-reindex"),
    path("rag/books/<int:book_id>/highlights/", reading.BookHighlightsView.as_view(), name="api-rag-book-highlights"),
    path("rag/books/<int:book_id>/position/", reading.PositionView.as_view(), name="api-rag-position"),
    path("rag/highlights/", reading.HighlightsView.as_view(), name="api-rag-highlights"),
    path("rag/highlights/<uuid:highlight_id>/", reading.HighlightView.as_view(), name="api-rag-highlight"),
]
