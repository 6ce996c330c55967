from django.urls import path

from rag.conversations import views

app_name = "conversations"
urlpatterns = [
    path("conversations/", views.conversations, name="conversations"),
    path("books/<int:book_id>/conversations/", views.begin, name="begin"),
    path("conversations/<uuid:pk>/", views.conversation, name="conversation"),
    path("conversations/<uuid:pk>/ask/", views.ask, name="ask"),
    path("conversations/<uuid:pk>/rename/", views.rename, name="rename"),
    path("conversations/<uuid:pk>/delete/", views.delete, name="delete"),
    path("conversations/<uuid:pk>/export/", views.export, name="export"),
    path("answers/<uuid:pk>/", views.answer, name="answer"),
    path("answers/<uuid:pk>/stop/", views.stop, name="stop"),
    path("answers/<uuid:pk>/judge/", views.judge, name="judge"),
    path("answers/<uuid:pk>/events/", views.events, name="events"),
]
