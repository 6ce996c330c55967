"""The web process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")

from django.core.asgi import get_asgi_application

from library.core.database import limit_web_process

limit_web_process()
django_application = get_asgi_application()

from library.core.answering import InTime  # its templates need the applications
from library.core.one_thread import ByAddress, OneThreadHandler

application = InTime(ByAddress(static=django_application, others=OneThreadHandler()))
