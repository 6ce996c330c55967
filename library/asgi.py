"""The web process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")

from django.core.asgi import get_asgi_application

from library.core.database.connection import limit_web_process

limit_web_process()
django_application = get_asgi_application()

from library.core.http.time_limit import InTime  # its templates need the applications
from library.core.wake import application as task_application

application = InTime(django_application)
task_application()  # now, not while the first reader waits who has something done
