from django.urls import path

from library.notices.api import views

urlpatterns = [
    path("notices/", views.BellRows.as_view(), name="api-notices"),
    path("notices/state/", views.BellStateView.as_view(), name="api-notices-state"),
    path("notices/read/", views.ReadBell.as_view(), name="api-notices-read"),
]
