"""The Celery application. Which tasks there are, where they wait and how often they run, the apps say."""

import os
from typing import Any

from celery import Celery
from celery.signals import import_modules

from library.beat import BeatThread, KeepTime
from library.core.background import schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
# A worker would load every address and page of the library to check them. `make check` does that; workers have none.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("lyceum")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(KeepTime)
app.steps["worker"].add(BeatThread)
app.conf.task_routes = (schedule.route,)


def know_the_time(**given: Any) -> None:
    """As a worker or beat starts, once all apps are there: what runs by itself."""
    app.conf.beat_schedule = schedule.beat_schedule()


import_modules.connect(know_the_time, sender=app, weak=False)
