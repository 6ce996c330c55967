from django.urls import path

from library.notices import mail_events, views

app_name = "notices"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.mark_read, name="mark-read"),
    path("mail/events/<slug:service>/", mail_events.receive, name="mail-events"),
]
