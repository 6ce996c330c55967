"""The Celery application."""

import os

from celery import Celery

from library.beat import BeatThread, KeepTime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
# A worker would load every address and page of the library to check them. `make check` does that; workers have none.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("lyceum")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(KeepTime)
app.steps["worker"].add(BeatThread)
