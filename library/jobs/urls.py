from django.urls import path

from library.jobs import views

app_name = "jobs"
urlpatterns = [
    path("jobs/<uuid:pk>/", views.progress, name="progress"),
    path("jobs/<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
