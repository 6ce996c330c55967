"""The web process."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")

from django.core.asgi import get_asgi_application

from library.core.database.connection import limit_web_process

limit_web_process()
django_application = get_asgi_application()

from library.core.background.wake import application as task_application
from library.core.http.one_thread import ByAddress, OneThreadHandler
from library.core.http.time_limit import InTime  # its templates need the applications
from library.live import application as sockets

pages = InTime(ByAddress(static=django_application, others=OneThreadHandler()))
application = sockets.BesideHttp(http=pages, sockets=sockets.application())
task_application()  # now, not while the first reader waits who has something done

# What was loaded stays as long as the process: the collector need not look through all of it again and again.
gc.collect()
gc.freeze()
