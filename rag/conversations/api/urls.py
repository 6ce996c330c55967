from django.urls import path

from rag.conversations.api import views

urlpatterns = [
    path("rag/conversations/", views.ConversationsView.as_view(), name="api-conversations"),
    path("rag/conversations/<uuid:pk>/", views.ConversationView.as_view(), name="api-conversation"),
    path("rag/conversations/<uuid:pk>/ask/", views.AskView.as_view(), name="api-conversation-ask"),
    path("rag/conversations/<uuid:pk>/export/", views.ExportView.as_view(), name="api-conversation-export"),
    path("rag/answers/<uuid:pk>/", views.AnswerView.as_view(), name="api-answer"),
    path("rag/answers/<uuid:pk>/stop/", views.StopView.as_view(), name="api-answer-stop"),
    path("rag/answers/<uuid:pk>/judge/", views.JudgeView.as_view(), name="api-answer-judge"),
    path("rag/answers/<uuid:pk>/events/", views.EventsView.as_view(), name="api-answer-events"),
]
