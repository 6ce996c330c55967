from django.urls import path

from rag.api import views

urlpatterns = [
    path("rag/search/", views.SearchView.as_view(), name="api-rag-search"),
    path("rag/books/<int:book_id>/query/", views.QueryView.as_view(), name="api-rag-query"),
    path("rag/books/<int:book_id>/index/", views.IndexView.as_view(), name="api-rag-index"),
    path("rag/books/<int:book_id>/reindex/", views.ReindexView.as_view(), name="api-rag-reindex"),
]
