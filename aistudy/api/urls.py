from django.urls import path

from aistudy.api import views

urlpatterns = [path("books/<int:book_id>/study/", views.StudyView.as_view(), name="api-study")]
