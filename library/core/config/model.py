"""The one typed source of settings: the environment, then ``.env``; checked at start, a sentence for each fault."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from library.core.config import checks
from library.core.config.checks import Limit as Limit

ROOT = Path(__file__).resolve().parents[3]
ENV_FILE = ROOT / ".env"
SECRET_LENGTH = 64  # characters, outside embedded mode

# Commands that need neither PostgreSQL nor Redis; `up` brings its own.
OFFLINE_COMMANDS = frozenset(
    {
        "up",
        "check",
        "help",
        "version",
        "--help",
        "--version",
        "makemigrations",
        "spectacular",
        "collectstatic",
        "build_books",
        "embedder",
        "makemessages",
        "compilemessages",
        "startapp",
        "settings",
        "hot_spots",
        "backup",  # it starts the embedded PostgreSQL itself where none runs
        "restore",
    }
)


class ConfigError(Exception):
    """A setting that cannot work, told in one sentence; several of them, each in its own line."""


def setting(
    name: str,
    default: object,
    words: str,
    *,
    group: str,
    example: str = "",
    secret: bool = False,
    **bounds: Any,
) -> Any:
    """One setting: its name outside, its default, and what it does in plain words (``docs/settings.md`` shows both).

    ``secret``: the value is a password or contains one, and is never printed.
    """
    about: dict[str, Any] = {"group": group, "example": example, "secret": secret}
    return Field(default=default, alias=name, description=words, json_schema_extra=about, **bounds)


LimitSetting = Annotated[Limit, NoDecode, BeforeValidator(checks.read_limit)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(checks.read_networks)]

CoverSources = Annotated[tuple[str, ...], NoDecode, BeforeValidator(checks.read_cover_sources)]

SERVICES_GROUP = "PostgreSQL and Redis"
MACHINE = "This machine"
ADDRESS = "Your own address"
MAIL = "Mail"
RULES = "Library"
PAYMENTS = "Payments online"
LIMITS = "Limits"
MODEL = "Embedding model"


class Config(BaseSettings):
    """Every setting that may come from outside, under the name it has there. An empty one counts as unset."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    database_url: Annotated[str, AfterValidator(checks.database_url)] = setting(
        "DATABASE_URL",
        "",
        "Your own PostgreSQL, 16 or newer with pgvector. Set it together with REDIS_URL; "
        "with neither of them `manage.py up` starts its own (embedded mode).",
        group=SERVICES_GROUP,
        example="postgresql://lyceum:password@localhost:5432/lyceum",
        secret=True,
    )
    redis_url: Annotated[str, AfterValidator(checks.redis_url)] = setting(
        "REDIS_URL",
        "",
        "Your own Redis, 7 or newer, or Valkey.",
        group=SERVICES_GROUP,
        example="redis://localhost:6379/0",
        secret=True,
    )
    secret_key: str = setting(
        "LYCEUM_SECRET_KEY",
        "",
        "At least 64 random characters that sign sessions and tokens; needed with DATABASE_URL. For instance: "
        '`python3 -c "import secrets; print(secrets.token_urlsafe(64))"`. Embedded mode makes its own.',
        group=SERVICES_GROUP,
        secret=True,
    )

    var: Path = setting(
        "LYCEUM_VAR",
        ROOT / "var",
        "The data folder: embedded data, kept mail, uploads under way, where the embedder listens.",
        group=MACHINE,
        example="var",
    )
    static_root: Path | None = setting(
        "LYCEUM_STATIC_ROOT",
        None,
        "Where collected static files lie; unset: the folder `static` in the data folder.",
        group=MACHINE,
        example="var/static",
    )
    demonstration: Literal["whole", "small"] = setting(
        "LYCEUM_DEMONSTRATION",
        "whole",
        "What a new library of embedded mode begins with: whole, or small, with one digital book in place of four, "
        "which is indexed in a quarter of the time.",
        group=MACHINE,
    )
    host: Annotated[str, AfterValidator(checks.listening_host)] = setting(
        "HOST", "127.0.0.1", "Where the web process listens; embedded mode answers on this machine only.", group=MACHINE
    )
    port: int = setting("PORT", 8000, "The port on which the web process listens.", group=MACHINE, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = setting(
        "LYCEUM_LOG_LEVEL", "WARNING", "DEBUG, INFO, WARNING or ERROR.", group=MACHINE
    )

    allowed_hosts: Annotated[str, AfterValidator(checks.host_names)] = setting(
        "LYCEUM_ALLOWED_HOSTS",
        "",
        "Names by which browsers may reach the library, separated by commas; a leading dot takes subdomains in. "
        "Needed with DATABASE_URL; embedded mode knows its own.",
        group=ADDRESS,
        example="library.example.org",
    )
    https: bool = setting(
        "LYCEUM_HTTPS",
        False,
        "Whether browsers reach the library by HTTPS, through a proxy that sets X-Forwarded-Proto. Then cookies "
        "are sent by HTTPS only, and HTTP leads to HTTPS.",
        group=ADDRESS,
    )
    trusted_proxies: Networks = setting(
        "LYCEUM_TRUSTED_PROXIES",
        (),
        "Addresses or networks of your proxies, separated by commas: only theirs is the word of X-Forwarded-For "
        "about who asks. Unset, with LYCEUM_HTTPS: one proxy, on this machine or a private network.",
        group=ADDRESS,
        example="10.0.0.0/24",
    )
    public_url: Annotated[str, AfterValidator(checks.http_url)] = setting(
        "LYCEUM_PUBLIC_URL",
        "",
        "Where links in mails lead; unset: HOST and PORT.",
        group=ADDRESS,
        example="https://library.example.org",
    )
    metrics_token: Annotated[str, AfterValidator(checks.long_token)] = setting(
        "LYCEUM_METRICS_TOKEN",
        "",
        "At least 20 random characters with which Prometheus reads /metrics (Authorization: Bearer …).",
        group=ADDRESS,
        secret=True,
    )
    metrics_networks: Networks = setting(
        "LYCEUM_METRICS_NETWORKS",
        (),
        "Addresses or networks that read /metrics without a token, separated by commas. With neither of the two there "
        "is no such page, but for this machine in embedded mode.",
        group=ADDRESS,
        example="10.0.0.7",
    )

    email_url: Annotated[str, AfterValidator(checks.email_url)] = setting(
        "LYCEUM_EMAIL_URL",
        "",
        "The mail server: smtp://user:password@host:25, smtp+tls://…:587 or smtps://…:465; or a mail service: "
        "sendgrid://KEY@ or postmark://KEY@ (behind the @ another host of theirs); console: prints it. Unset: port 25 "
        "of this machine. Embedded mode keeps mail in var/mail instead.",
        group=MAIL,
        example="smtp+tls://user:password@mail.example.org:587",
        secret=True,
    )
    email_webhook_secret: Annotated[str, AfterValidator(checks.webhook_secret)] = setting(
        "LYCEUM_EMAIL_WEBHOOK_SECRET",
        "",
        "NAME:PASSWORD by which the mail service reports bounces and complaints to /mail/events/sendgrid/ or "
        "/mail/events/postmark/ (https://NAME:PASSWORD@library.example.org/mail/events/…). Unset: nobody may.",
        group=MAIL,
        secret=True,
    )
    email_from: Annotated[str, AfterValidator(checks.sender)] = setting(
        "LYCEUM_EMAIL_FROM", "Lyceum <library@example.org>", "From whom mail comes.", group=MAIL
    )

    time_zone: Annotated[str, AfterValidator(checks.time_zone)] = setting(
        "LYCEUM_TIME_ZONE",
        "Europe/Berlin",
        "Loans are due at the end of a day in this time zone. Changed later: `manage.py follow_time_zone`.",
        group=RULES,
    )
    otp_for_login: Literal["everyone", "staff"] = setting(
        "ACCOUNTS_OTP_FOR_LOGIN",
        "everyone",
        "everyone: all sign in with password and mailed code; staff: readers with the password alone.",
        group=RULES,
    )

    cover_sources: CoverSources = setting(
        "LYCEUM_COVER_SOURCES",
        (),
        "Where covers are looked up by ISBN: `openlibrary`, or addresses with {isbn} in them, one after the other. "
        "Unset: nowhere, and nobody outside learns which books you have.",
        group=RULES,
        example="openlibrary",
    )

    stripe_key: str = setting(
        "LYCEUM_STRIPE_KEY",
        "",
        "The secret key of your Stripe account: with it and the next one readers pay online what they owe.",
        group=PAYMENTS,
        example="sk_live_…",
        secret=True,
    )
    stripe_webhook_secrets: str = setting(
        "LYCEUM_STRIPE_WEBHOOK_SECRETS",
        "",
        "What Stripe signs its messages to /payments/stripe/ with; two, separated by a comma, while you change it.",
        group=PAYMENTS,
        example="whsec_…",
        secret=True,
    )
    stripe_url: Annotated[str, AfterValidator(checks.http_url)] = setting(
        "LYCEUM_STRIPE_URL", "https://api.stripe.com", "Another server that speaks Stripe's API.", group=PAYMENTS
    )

    # Names that end in CLIENT count by client address, the others by account.
    limit_login: LimitSetting = setting(
        "LYCEUM_LIMIT_LOGIN",
        Limit(5, 900),
        "Wrong passwords and codes for one address before it is locked out. Limits say how often and in how long "
        "(units s, m, h, d).",
        group=LIMITS,
    )
    limit_login_client: LimitSetting = setting(
        "LYCEUM_LIMIT_LOGIN_CLIENT", Limit(100, 900), "Sign-ins tried from one client address.", group=LIMITS
    )
    limit_otp: LimitSetting = setting(
        "LYCEUM_LIMIT_OTP", Limit(5, 3600), "Codes mailed to one address and not used.", group=LIMITS
    )
    limit_register_client: LimitSetting = setting(
        "LYCEUM_LIMIT_REGISTER_CLIENT",
        Limit(20, 3600),
        "Registrations begun from one client address.",
        group=LIMITS,
    )
    limit_register_try_client: LimitSetting = setting(
        "LYCEUM_LIMIT_REGISTER_TRY_CLIENT",
        Limit(100, 3600),
        "Codes and usernames tried by registrations from one client address.",
        group=LIMITS,
    )
    limit_reset_client: LimitSetting = setting(
        "LYCEUM_LIMIT_RESET_CLIENT", Limit(20, 3600), "Password resets begun from one client address.", group=LIMITS
    )
    limit_usernames_client: LimitSetting = setting(
        "LYCEUM_LIMIT_USERNAMES_CLIENT", Limit(60, 3600), "Usernames looked up from one client address.", group=LIMITS
    )
    lock_out_minutes: int = setting(
        "LYCEUM_LOCK_OUT_MINUTES", 15, "How long a lock-out lasts, in minutes.", group=LIMITS, ge=1, le=1440
    )

    embedding_model: Literal["", "multilingual-e5-small", "all-MiniLM-L6-v2"] = setting(
        "LYCEUM_EMBEDDING_MODEL",
        "",
        "What understands questions: `multilingual-e5-small` (a hundred languages) or `all-MiniLM-L6-v2` (English,"
        " twice as fast). Unset: the former where its wheel is installed and LYCEUM_EMBEDDING_URL is unset, else the"
        " latter. Books go over to another one by themselves, and the old one answers until then.",
        group=MODEL,
    )
    embedding_url: Annotated[str, AfterValidator(checks.http_url)] = setting(
        "LYCEUM_EMBEDDING_URL",
        "",
        "An OpenAI-shaped embeddings server for that model; unset: our own embedder process.",
        group=MODEL,
        example="http://localhost:8080/v1",
        secret=True,
    )
    embedding_dtype: Literal["auto", "float32", "bfloat16"] = setting(
        "LYCEUM_EMBEDDING_DTYPE",
        "auto",
        "What the model computes with; auto: weights in bytes, products in bytes and bfloat16 where the CPU has them.",
        group=MODEL,
    )

    @property
    def embedded(self) -> bool:
        """Whether `up` brings PostgreSQL and Redis itself."""
        return not (self.database_url or self.redis_url)


@dataclass(frozen=True)
class Services:
    """Where PostgreSQL and Redis are, and whether ``up`` started them."""

    database_url: str
    redis_url: str
    secret_key: str
    embedded: bool


@cache
def config() -> Config:
    """The settings from the environment and ``.env``.

    Errors: ``ConfigError`` with a sentence for each setting that cannot be used.
    """
    return read()


def read(env_file: Path | None = ENV_FILE) -> Config:
    """The settings as they are outside now. Errors: ``ConfigError`` with a sentence for each fault."""
    faults: dict[str, str] = {}
    source: dict[str, Any] = {"_env_file": env_file}  # pydantic-settings' own argument
    try:
        found = Config(**source)
    except ValidationError as broken:
        for error in broken.errors():
            name = str(error["loc"][0])
            faults[name] = f"{name} {checks.sentence_end(error)}."
        # What is unreadable takes its default, so that the rest is judged too.
        defaults = {str(field.alias): field.default for field in Config.model_fields.values() if field.alias in faults}
        found = Config(**source, **defaults)
    sentences = [*faults.values(), *_faults_together(found, unreadable=faults.keys())]
    if sentences:
        raise ConfigError(sentences[0] if len(sentences) == 1 else "\n".join(["Settings cannot be used:", *sentences]))
    static = found.static_root.expanduser().absolute() if found.static_root else None
    return found.model_copy(update={"var": found.var.expanduser().absolute(), "static_root": static})


def _faults_together(found: Config, *, unreadable: Any) -> list[str]:
    """What is wrong between settings that are right alone."""
    if unreadable & {"DATABASE_URL", "REDIS_URL"}:
        return []  # nobody knows yet whose services these are
    faults = []
    if bool(found.database_url) != bool(found.redis_url):
        missing = "REDIS_URL" if found.database_url else "DATABASE_URL"
        faults.append(f"Set {missing} too: DATABASE_URL and REDIS_URL go together, or leave both unset.")
    if found.embedded:
        if not is_loopback(found.host):
            faults.append("Embedded mode answers only on this machine: unset HOST, or set DATABASE_URL and REDIS_URL.")
        if found.https:
            faults.append("Embedded mode speaks plain HTTP: unset LYCEUM_HTTPS, or set DATABASE_URL and REDIS_URL.")
        return faults
    if len(found.secret_key) < SECRET_LENGTH:
        faults.append(f"Set LYCEUM_SECRET_KEY to at least {SECRET_LENGTH} random characters, as DATABASE_URL is set.")
    if not found.allowed_hosts.replace(",", "").strip() and "LYCEUM_ALLOWED_HOSTS" not in unreadable:
        faults.append("Set LYCEUM_ALLOWED_HOSTS to the names that browsers use, as DATABASE_URL is set.")
    return faults


def embedded_file() -> Path:
    """The file in which ``up`` leaves its sockets and the generated secret for every other command."""
    return config().var / "embedded.json"


def services() -> Services | None:
    """PostgreSQL and Redis from the URLs, or those that ``up`` keeps running, or ``None`` where there are neither."""
    chosen = config()
    if not chosen.embedded:
        return Services(chosen.database_url, chosen.redis_url, chosen.secret_key, embedded=False)
    try:
        left = json.loads(embedded_file().read_text())
        return Services(left["database_url"], left["redis_url"], left["secret_key"], embedded=True)
    except (OSError, ValueError, KeyError):
        return None


def require_services(arguments: Sequence[str]) -> None:
    """Stop a command that needs PostgreSQL and Redis where there are none, with a sentence that says what to do."""
    config()
    command = arguments[0] if arguments else "help"
    if command not in OFFLINE_COMMANDS and services() is None:
        raise ConfigError(
            "No PostgreSQL and Redis to work with: start the embedded ones with `manage.py up` (or `make run`), "
            "or set DATABASE_URL and REDIS_URL."
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be reached from this machine."""
    return host in {"localhost", "::1"} or host.startswith("127.")


def forget() -> None:
    """Read the environment again (tests, and ``up`` before it starts its children)."""
    config.cache_clear()


def child_environment() -> dict[str, str]:
    """The environment for a child process: ours, with the data folder made absolute.

    Each thread would have a store of memory of its own, and keep it: two for all of them are enough (glibc).
    """
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "LYCEUM_VAR": str(config().var), "PYTHONUNBUFFERED": "1"}
