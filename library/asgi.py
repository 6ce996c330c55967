"""The web process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")

from django.core.asgi import get_asgi_application

from library.core.database.connection import limit_web_process

limit_web_process()
django_application = get_asgi_application()

from library.core.http.one_thread import ByAddress, OneThreadHandler
from library.core.http.time_limit import InTime  # its templates need the applications

application = InTime(ByAddress(static=django_application, others=OneThreadHandler()))
