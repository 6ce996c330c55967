"""The Celery application. Which tasks there are, where they wait and how often they run, the apps say."""

import os
from typing import Any

from celery import Celery
from celery.signals import import_modules

from library.core import schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")

app = Celery("lyceum")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = (schedule.route,)


def know_the_time(**given: Any) -> None:
    """As a worker or beat starts, once all apps are there: what runs by itself."""
    app.conf.beat_schedule = schedule.beat_schedule()


import_modules.connect(know_the_time, sender=app, weak=False)
