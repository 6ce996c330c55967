from django.urls import path

from rag import views

app_name = "rag"
urlpatterns = [path("books/<int:book_id>/pages/<int:number>/", views.page, name="page")]
