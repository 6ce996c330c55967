"""Django's settings. What may differ from place to place comes from ``library.core.config.model``, nowhere else."""

import warnings
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from library.core.config import embedding
from library.core.config.mail import way_of
from library.core.config.model import ROOT, config, services
from library.core.database.connection import BoundedConnection
from library.core.http import openapi_text

CONFIG = config()
SERVICES = services()
BASE_DIR = ROOT
VAR = CONFIG.var
# Embedded mode: `up` brought PostgreSQL and Redis itself. Only then are there demonstration accounts and the mailbox.
EMBEDDED = SERVICES is not None and SERVICES.embedded

DEBUG = False
SECRET_KEY = SERVICES.secret_key if SERVICES else CONFIG.secret_key or "only-for-commands-that-need-no-services"
ALLOWED_HOSTS = [host.strip() for host in CONFIG.allowed_hosts.split(",") if host.strip()] or [
    "localhost",
    "127.0.0.1",
    "[::1]",
]

INSTALLED_APPS = [
    "library.core.apps.LyceumAdminConfig",
    "accounts.commands",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "library.core.apps.CoreConfig",
    "library.embedded",
    "library.live",
    "library.backup",
    "library.ai",
    "library.search",
    "library.jobs",
    "library.activity",
    "library.profile",
    "library.notices",
    "accounts",
    "catalog",
    "circulation",
    "rag",
    "rag.conversations",
    "aistudy",
    "library.pages",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "library.core.http.static_files.static_files",
    "csp.middleware.CSPMiddleware",
    "library.core.measuring.requests.CountingMiddleware",
    "library.core.http.middleware.OutageMiddleware",  # before all that ask the database
    "library.core.http.cache_control.NothingKeptMiddleware",  # around the session: it sees the cookie that is set
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "library.core.measuring.profiling.ProfilingMiddleware",
    "accounts.middleware.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "library.core.http.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "library.urls"
ASGI_APPLICATION = "library.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "library.core.templatetags.lyceum"],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Django's description of the database behind ``postgresql://user:password@host:port/name?host=/socket/folder``."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Persistent connections do not work under ASGI; psycopg's own pool does, and it waits instead of failing.
        # It gives up on a server that is away soon, so that it looks anew as soon as somebody asks.
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": 12,
                "timeout": 5,
                "reconnect_timeout": 2,
                "connection_class": BoundedConnection,
            },
            "connect_timeout": "5",
            **query,
        },
        "CONN_HEALTH_CHECKS": True,  # a connection that broke while it lay in the pool is thrown away unseen
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


def redis_database(url: str, number: int) -> str:
    """The same Redis with the same options, another of its numbered databases."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        options = [(name, value) for name, value in parse_qsl(parts.query) if name != "db"]
        return f"unix://{parts.path}?{urlencode([*options, ('db', number)])}"
    return parts._replace(path=f"/{number}").geturl()


def celery_url(url: str) -> str:
    """``url`` in the words that Celery's transport understands."""
    if url.startswith("unix://"):
        return f"redis+socket://{urlsplit(url).path}?virtual_host=0"
    return redis_database(url, 0)


DATABASES = {"default": database(SERVICES.database_url if SERVICES else "postgresql:///lyceum?host=/no-services-yet")}
if SERVICES is None:
    del DATABASES["default"]["OPTIONS"]["pool"]  # fail at once, do not wait for what cannot come
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

_REDIS = SERVICES.redis_url if SERVICES else "unix:///no-services-yet"
CACHES = {
    "default": {
        "BACKEND": "library.core.cache.ForgivingRedisCache",
        "LOCATION": redis_database(_REDIS, 1),
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},
    }
}

# What wakes the sockets of all web processes. Only wake-ups go through it: what is told stands in tables.
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # A read waits for a message for five seconds.
            "hosts": [{"address": redis_database(_REDIS, 2), "socket_connect_timeout": 1, "socket_timeout": 8}],
            "prefix": "lyceum",
            "expiry": 10,
            "capacity": 1000,
        },
    }
}

# How long a web page waits. Seconds.
ANSWER_SECONDS = 8.0  # from a whole request to the first byte of its answer, in all
UPLOAD_ANSWER_SECONDS = 60.0  # the same where a request brings more than a megabyte: it is checked, hashed and stored
UPLOAD_PAUSE_SECONDS = 30.0  # between two pieces of a request
STREAM_WAIT_SECONDS = 30.0  # for the database, each time, once an answer has begun
WAKE_SECONDS = 1.0  # for Redis to take a message that wakes a worker
QUESTION_SECONDS = 2.5  # for the embedder to read a question
REST_SECONDS = 5.0  # that a part is left alone after it did not answer in time

TASK_APPLICATION = "library.celery.app"  # by name: it stands above all that sends it a task
CELERY_BROKER_URL = celery_url(_REDIS)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # jobs are rows: the sweeper, not the broker, brings back what was lost
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 30}
CELERY_TASK_PUBLISH_RETRY = False  # a wake-up that cannot be sent is sent again by the sweeper
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# How long a worker owns a job before another may take it, and how often it says that it still lives. Seconds.
JOB_LEASE_SECONDS = 20
JOB_HEARTBEAT_SECONDS = 5
JOB_ATTEMPTS = 3  # the first and two more
JOB_RETRY_SECONDS = (5, 30)
JOB_STALL_SECONDS = 600
# How long a book waits for an embedder that gives no sign of life: the supervisor takes 30 s at most to start it again.
EMBEDDER_PATIENCE_SECONDS = 120

SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # the address is unique, by a constraint on its upper case
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.backends.EmailBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "full_name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.sign_in.passwords.LengthAndLetterAndDigitValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "pages:home"
LOGOUT_REDIRECT_URL = "pages:home"
ACCOUNTS_OTP_FOR_LOGIN = CONFIG.otp_for_login
OTP_LIFETIME = timedelta(minutes=10)
OTP_ATTEMPTS = 5
OTP_COOL_DOWN = timedelta(seconds=60)
# Sessions and tokens
SESSION_ENGINE = "accounts.sessions.store"
TOKEN_RETRY = timedelta(seconds=10)  # within this a client that lost the answer may ask again (docs/adr/0009-tokens.md)
# Invitations of staff.
INVITATION_LIFETIME = timedelta(days=7)
# Where links in mails lead: a setting, not the header of some request.
PUBLIC_URL = (
    CONFIG.public_url.rstrip("/") or f"http://{'127.0.0.1' if CONFIG.host == '0.0.0.0' else CONFIG.host}:{CONFIG.port}"  # noqa: S104
)
# Limits (accounts.limits.services): (how often, in how many seconds), by kind. Questions are limited by the reader's
# tier.
LIMITS = {
    "login": CONFIG.limit_login,
    "login_client": CONFIG.limit_login_client,
    "otp": CONFIG.limit_otp,
    # For one address, whoever asks or tries: a crowd of strangers must not fill its mailbox, nor guess for ever.
    "otp_strangers": (4 * CONFIG.limit_otp[0], CONFIG.limit_otp[1]),
    "otp_stray": (4 * CONFIG.limit_otp[0], CONFIG.limit_otp[1]),
    "register_client": CONFIG.limit_register_client,
    "register_try_client": CONFIG.limit_register_try_client,
    "reset_client": CONFIG.limit_reset_client,
    "usernames_client": CONFIG.limit_usernames_client,
}
COUNT_LOOPBACK = not EMBEDDED  # by client address; one machine for trying out is no crowd
LOCK_OUT = timedelta(minutes=CONFIG.lock_out_minutes)
HTTPS = CONFIG.https
TRUSTED_PROXIES = CONFIG.trusted_proxies

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.https
SECURE_SSL_REDIRECT = CONFIG.https
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["library.formats"]
USE_TZ = True
TIME_ZONE = CONFIG.time_zone

STATIC_URL = "static/"
STATIC_ROOT = CONFIG.static_root or VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_MANIFEST_STRICT = False
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR / "media" if EMBEDDED or SERVICES is None else BASE_DIR / "media"
MEDIA_URL = "/no-media-is-served-without-a-permission-check/"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_TEMP_DIR = str(VAR / "uploads") if (VAR / "uploads").is_dir() else None
UPLOAD_MAX_BYTES = 100 * 1024 * 1024
DOCUMENT_MAX_PAGES = 5_000
# What a process that reads a file may take: bytes of address space, seconds of computing
# for opening it and for each page.
READER_MEMORY, READER_OPEN_SECONDS, READER_PAGE_SECONDS = 1024**3, 60, 20
READER_FIRST_SECONDS = 10  # for opening a file at first, while others wait: after that it goes behind them
OCR_MEMORY, OCR_PAGE_SECONDS = 2 * 1024**3, 120
# Pictures of pages for the reading page: seconds of computing for each, how many are made ahead of the reader, and
# bytes of the folder that keeps them; those that nobody looked at for longest go first.
DRAWING_PAGE_SECONDS, DRAWN_AHEAD = 10, 3
PAGE_IMAGES_FOLDER, PAGE_IMAGES_BYTES = VAR / "page-images", 1024**3
READING_PROCESSES = 2  # of one book at once, where the machine has as many cores
OCR_DPI, OCR_MAX_PIXELS = 200, 8_000_000  # of a page's picture before its characters are recognised

COVER_SOURCES = CONFIG.cover_sources
METRICS_TOKEN, METRICS_NETWORKS = CONFIG.metrics_token, CONFIG.metrics_networks

MAIL_FOLDER = VAR / "mail"
DEFAULT_FROM_EMAIL = CONFIG.email_from
EMAIL_TIMEOUT = 10
STRIPE_KEY, STRIPE_URL = CONFIG.stripe_key, CONFIG.stripe_url.rstrip("/")
STRIPE_WEBHOOK_SECRETS = [one for one in CONFIG.stripe_webhook_secrets.replace(" ", "").split(",") if one]
if EMBEDDED or SERVICES is None:
    EMAIL_BACKEND = "library.core.mailbox.FolderBackend"
else:
    _MAIL = way_of(CONFIG.email_url, timeout=EMAIL_TIMEOUT)
    EMAIL_BACKEND, ANYMAIL = _MAIL.backend, _MAIL.anymail
    EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.use_tls, _MAIL.use_ssl
MAIL_EVENTS_SECRET = CONFIG.email_webhook_secret
# Its makers have no account there to try it with; our tests hold it to the shape of that service.
warnings.filterwarnings("ignore", message="django-anymail has dropped official support for SendGrid")

# Which embedding model runs where. Passages and questions of one generation use the same entry; an entry stays
# until no live generation needs it. `url`: an OpenAI-shaped server; unset: the embedder process on its unix socket.
EMBEDDING_MODEL = embedding.chosen(CONFIG)
EMBEDDING_MODELS: dict[str, dict[str, Any]] = embedding.models(CONFIG)
# Passages that each arm of a search brings, and λ of maximal marginal relevance on the fused score (docs/retrieval.md):
# nDCG@10 at .8 loses .002 to .014 on three sets, and two passages that say the same are not both among the first.
RETRIEVAL_DEPTH, RETRIEVAL_MMR = 100, 0.8
DEMONSTRATION = CONFIG.demonstration
EMBEDDING_DTYPE = CONFIG.embedding_dtype
EMBEDDER_SOCKET_FILE = VAR / "embedder.json"
# Book vectors: how long a search waits for the meaning of its words before it goes on without, and how long it is kept.
MEANING_SECONDS = 0.3
MEANING_CACHE_SECONDS = 24 * 3600
ANSWER_CACHE_SECONDS = 7 * 24 * 3600
REFUSAL_CACHE_SECONDS = 600  # an answer that says nothing, or that the chosen writer did not write
WRITING_SECONDS = 120.0  # for a worker to write an answer

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "library.core.http.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "library.core.http.openapi.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["library.core.http.parsers.BoundedJSONParser"],  # a view that takes files says so
    "EXCEPTION_HANDLER": "library.core.http.api.exception_handler",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing that the OpenAPI document does not
    "PAGE_SIZE": 20,
    "URL_FORMAT_OVERRIDE": None,  # `format` is a filter of the catalogue; every answer is JSON
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Lyceum",
    "DESCRIPTION": openapi_text.DESCRIPTION,
    "TAGS": [{"name": name, "description": words} for name, words in openapi_text.TAGS.items()],
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "tryItOutEnabled": True},
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "library.core.http.openapi.say_everything",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ContributorRoleEnum": ["editor", "translator", "illustrator"],
        "CoverSourceEnum": "catalog.models.CoverSource",
        "CoverStateEnum": "catalog.models.CoverState",
        "MadeCoverSourceEnum": ["looked_up", "first_page"],
        "CopyStatusEnum": "catalog.models.CopyStatus",
        "UnfetchedCopyStatusEnum": ["available", "missing", "damaged"],
        "HoldStateEnum": "circulation.models.HoldState",
        "JobStateEnum": "library.jobs.models.JobState",
        "LoanStatusEnum": "circulation.models.LoanStatus",
        "RoleEnum": "accounts.models.Role",
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "library.core.logs.secrets.CarefulFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {
        "without trace": {"()": "library.core.logs.secrets.WithoutTrace"},
        "quiet": {"()": "library.core.logs.quiet.Quiet"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["quiet"]}},
    "root": {"handlers": ["console"], "level": CONFIG.log_level},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["without trace"]},  # a refusal is an answer, not a fault
        # Whoever has requests logged gets them without secrets as well.
        "uvicorn.access": {"handlers": ["console"], "propagate": False},
        "uvicorn.error": {"handlers": ["console"], "propagate": False},
    },
}
