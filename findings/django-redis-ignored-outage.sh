#!/usr/bin/env bash
# django-redis: with IGNORE_EXCEPTIONS, touch and ttl still fail where Redis is away, and incr answers None.
#
# One would expect: a cache that is told to ignore its server's absence treats every call alike: a miss, or nothing done.
#   Django's incr raises ValueError for a key that is not there; add answers whether it stored.
# What happens: get, set, add, delete, has_key and get_or_set go on, but touch and ttl raise the client's ConnectionError.
#   add, set and has_key answer None, which is neither yes nor no, and incr answers None in place of raising, so that a
#   counter kept in the cache becomes None without a word.
# Version: django-redis 7.0.0 with redis 8.1.0, Django 5.2.19, Python 3.11.
# Seen: get None, set None, add None, incr None, has_key None, get_or_set 7; touch and ttl raise redis.exceptions.ConnectionError.
# Who meets it: sites that prolong entries (touch) or count in the cache and believe that an outage of Redis is ignored.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check django-redis==7.0.0 redis==8.1.0 Django==5.2.19
"$folder/env/bin/python" - <<'PY'
import socket
import sys

from django.conf import settings

with socket.socket() as free:  # a port on which nobody listens
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
settings.configure(
    CACHES={
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{port}/0",
            "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 0.5},
        }
    }
)
from django.core.cache import cache

CALLS = {
    "get": lambda: cache.get("a"),
    "set": lambda: cache.set("a", 1),
    "add": lambda: cache.add("a", 1),
    "incr": lambda: cache.incr("a"),
    "has_key": lambda: cache.has_key("a"),
    "get_or_set": lambda: cache.get_or_set("a", 7),
    "touch": lambda: cache.touch("a", 5),
    "ttl": lambda: cache.ttl("a"),
}
seen = {}
for name, call in CALLS.items():
    try:
        seen[name] = call()
    except Exception as fault:
        seen[name] = type(fault).__name__
print(seen)
if (seen["get"], seen["get_or_set"]) != (None, 7):
    sys.exit("Reading is no longer ignored where Redis is away: look again at the setting.")
if "ConnectionError" not in (seen["touch"], seen["ttl"]):
    sys.exit("touch and ttl are ignored as well now: this finding is over.")
if seen["incr"] is not None:
    sys.exit("incr no longer answers None: look again at what a counter becomes.")
PY
