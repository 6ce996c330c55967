from django.urls import path

from library.jobs.api import views

urlpatterns = [
    path("jobs/<uuid:pk>/", views.JobView.as_view(), name="api-job"),
    path("jobs/<uuid:pk>/cancel/", views.CancelJobView.as_view(), name="api-job-cancel"),
]
