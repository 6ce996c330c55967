"""The one typed source of settings: the environment, then ``.env``; checked at start, a sentence for each fault."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]

# Commands that need neither PostgreSQL nor Redis; `up` brings its own.
OFFLINE_COMMANDS = frozenset(
    {"up", "check", "help", "version", "--help", "--version", "makemigrations", "spectacular", "collectstatic",
     "build_books", "embedder", "makemessages", "compilemessages", "startapp"}
)  # fmt: skip


class ConfigError(Exception):
    """A setting that cannot work, told in one sentence."""


class Limit(NamedTuple):
    """``most`` times in ``seconds``. Written as ``5/15m``: the unit is s, m, h or d."""

    most: int
    seconds: int


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_limit(written: object) -> object:
    """The limit that ``5/15m`` stands for; what is no text goes through. Errors: ``ValueError``."""
    if not isinstance(written, str):
        return written
    found = re.fullmatch(r"\s*([1-9]\d{0,6})\s*/\s*([1-9]\d{0,4})\s*([smhd])\s*", written, re.ASCII)
    if found is None:
        raise ValueError("write how often and in how long, like 5/15m or 20/1h")
    return Limit(int(found[1]), int(found[2]) * UNITS[found[3]])


def read_networks(written: object) -> object:
    """Addresses and networks with commas between them. Errors: ``ValueError``."""
    if not isinstance(written, str):
        return written
    return tuple(ip_network(part.strip()) for part in written.split(",") if part.strip())


LimitSetting = Annotated[Limit, NoDecode, BeforeValidator(read_limit)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(read_networks)]


class Config(BaseSettings):
    """Every setting that may come from outside. Names in the environment are the upper-case aliases."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", populate_by_name=True)

    database_url: str = Field(default="", alias="DATABASE_URL")
    redis_url: str = Field(default="", alias="REDIS_URL")
    var: Path = Field(default=ROOT / "var", alias="LYCEUM_VAR")
    host: str = Field(default="127.0.0.1", alias="HOST")
    port: int = Field(default=8000, alias="PORT", ge=1, le=65535)
    secret_key: str = Field(default="", alias="LYCEUM_SECRET_KEY")
    allowed_hosts: str = Field(default="", alias="LYCEUM_ALLOWED_HOSTS")
    public_url: str = Field(default="", alias="LYCEUM_PUBLIC_URL", pattern=r"^(https?://[^/\s]+/?)?$")
    https: bool = Field(default=False, alias="LYCEUM_HTTPS")
    email_url: str = Field(default="", alias="LYCEUM_EMAIL_URL")
    email_from: str = Field(default="Lyceum <library@example.org>", alias="LYCEUM_EMAIL_FROM")
    time_zone: str = Field(default="Europe/Berlin", alias="LYCEUM_TIME_ZONE")
    embedding_url: str = Field(default="", alias="LYCEUM_EMBEDDING_URL")
    embedding_dtype: Literal["auto", "float32", "bfloat16"] = Field(default="auto", alias="LYCEUM_EMBEDDING_DTYPE")
    otp_for_login: Literal["everyone", "staff"] = Field(default="everyone", alias="ACCOUNTS_OTP_FOR_LOGIN")
    # Limits: how often, and in how long. Names ending in CLIENT count by client address, the others by account.
    limit_login: LimitSetting = Field(default=Limit(5, 900), alias="LYCEUM_LIMIT_LOGIN")
    limit_login_client: LimitSetting = Field(default=Limit(100, 900), alias="LYCEUM_LIMIT_LOGIN_CLIENT")
    limit_otp: LimitSetting = Field(default=Limit(5, 3600), alias="LYCEUM_LIMIT_OTP")
    limit_register_client: LimitSetting = Field(default=Limit(20, 3600), alias="LYCEUM_LIMIT_REGISTER_CLIENT")
    limit_register_try_client: LimitSetting = Field(default=Limit(100, 3600), alias="LYCEUM_LIMIT_REGISTER_TRY_CLIENT")
    limit_reset_client: LimitSetting = Field(default=Limit(20, 3600), alias="LYCEUM_LIMIT_RESET_CLIENT")
    limit_usernames_client: LimitSetting = Field(default=Limit(60, 3600), alias="LYCEUM_LIMIT_USERNAMES_CLIENT")
    lock_out_minutes: int = Field(default=15, alias="LYCEUM_LOCK_OUT_MINUTES", ge=1, le=1440)
    trusted_proxies: Networks = Field(default=(), alias="LYCEUM_TRUSTED_PROXIES")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="WARNING", alias="LYCEUM_LOG_LEVEL")


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

    Errors: ``ConfigError`` naming each setting that cannot be read.
    """
    try:
        found = Config()
    except ValidationError as fault:
        lines = [f"{error['loc'][0]}: {error['msg']}" for error in fault.errors()]
        raise ConfigError("The settings cannot be used. " + " ".join(line + "." for line in lines)) from None
    return found.model_copy(update={"var": found.var.expanduser().absolute()})


def embedded_file() -> Path:
    """The file in which ``up`` leaves its sockets and the generated secret for every other command."""
    return config().var / "embedded.json"


def services() -> Services | None:
    """PostgreSQL and Redis from the URLs, or those that ``up`` keeps running, or ``None`` where there are neither.

    Errors: ``ConfigError`` where only one URL is set, or where URLs are set without a long enough secret.
    """
    chosen = config()
    if bool(chosen.database_url) != bool(chosen.redis_url):
        missing = "REDIS_URL" if chosen.database_url else "DATABASE_URL"
        raise ConfigError(f"Set {missing} too: DATABASE_URL and REDIS_URL go together, or leave both unset.")
    if chosen.database_url:
        if len(chosen.secret_key) < 64:
            raise ConfigError("Set LYCEUM_SECRET_KEY to at least 64 random characters when DATABASE_URL is set.")
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
    """The environment for a child process: ours, with the data folder made absolute."""
    return {**os.environ, "LYCEUM_VAR": str(config().var), "PYTHONUNBUFFERED": "1"}
