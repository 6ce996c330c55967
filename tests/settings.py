"""Settings of the test run: the real ones, with cheap password hashes and a Redis database for each worker."""

import os
from pathlib import Path

from library.settings import *  # noqa: F403
from library.settings import _REDIS, CACHES, CHANNEL_LAYERS, DATABASES, STATIC_ROOT, STORAGES, redis_database
from tests import template

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
DATABASES["default"]["TEST"] = {"TEMPLATE": template.NAME}
CACHES["default"]["LOCATION"] = redis_database(_REDIS, 10 + WORKER)
CELERY_BROKER_URL = f"redis+socket://{_REDIS.removeprefix('unix://')}?virtual_host={30 + WORKER}"
CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = redis_database(_REDIS, 50 + WORKER)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
COUNT_LOOPBACK = False
EMBEDDING_MODEL = "all-MiniLM-L6-v2"  # half the work; the other model has tests of its own
MEANING_SECONDS = QUESTION_SECONDS = 20.0  # tests share the machine; what a slow embedder costs is a test of its own
EMBEDDER_PATIENCE_SECONDS = 0  # who is away in a test stays away, but where it is about that
# Nothing is collected in tests; the middleware would warn of the missing folder.
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
