"""Holds the running API against its OpenAPI document, as every role and as nobody: ``python -m tests.schema --st …``.

Schemathesis makes the requests, right ones and wrong ones; all of its checks are on, as they are where
``--checks`` is not given, but for those of ``EXCLUDED``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.stack import Stack, environment

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "schema"
IDENTITIES = {
    "librarian": "librarian@example.org",
    "administrator": "admin@example.org",
    "reader": "reader@example.org",
    "nobody": "",
}
# A body of the right shape that is still refused with 400, since what is right depends on what the library holds.
CODES = "the code or challenge was mailed to somebody, or the token stands in a mail; none can be guessed"
KEYED = "the Idempotency-Key must not have come with another request; a branch must exist, a date lie within bounds"
NAMED = "branch, tier and item type must be the library's, by id or code, and a date must exist"
EXCLUDED = {
    **{
        f"POST /api/v1/{path}/": KEYED
        for path in (
            "check-ins",
            "holds/{id}/confirm",
            "holds/{id}/refuse",
            "loans",
            "loans/renew-all",
            "loans/{id}/claim-returned",
            "loans/{id}/lost",
            "loans/{id}/renew",
            "loans/{id}/return",
            "loans/{id}/withdraw-claim",
        )
    },
    **{
        f"GET /api/v1/{path}/": NAMED
        for path in (
            "loans",
            "loans/overdue",
            "loans/summary",
            "loan-rules/explain",
        )
    },
    "POST /api/v1/auth/register/": CODES,
    "POST /api/v1/auth/reset/": CODES,
    "POST /api/v1/auth/login/": CODES,
    "POST /api/v1/auth/login/resend/": CODES,
    "POST /api/v1/auth/invitations/": CODES,
    "POST /api/v1/auth/invitations/accept/": CODES,
    "POST /api/v1/auth/password/": "the present password must be right, and the new one hard to guess",
    "POST /api/v1/loan-rules/": NAMED,
    "POST /api/v1/loans/explain/": "the branch must be one of the library's, by id or code",
    "POST /api/v1/holds/": "the branch must be one of the library's, by id or code",
    "POST /api/v1/books/": "an ISBN has a check digit, a language must exist, a file must be a PDF",
    "POST /api/v1/books/{id}/copies/": "the branch and the item type must exist, a barcode is there once",
    "PATCH /api/v1/copies/{barcode}/": "the branch and the item type must exist, a barcode is there once",
    "PATCH /api/v1/books/{id}/": "an ISBN has a check digit, a language must exist, a file must be a PDF",
}


def rows(stack: Stack) -> dict[str, object]:
    """Makes what the addresses name; gives operation → an id that exists."""
    staff, reader = stack.client(IDENTITIES["librarian"]), stack.client(IDENTITIES["reader"])
    spare = staff.post("/books/", json={"title": "To be deleted", "authors": ["Nobody"]})
    assert spare.status_code == 201, spare.text
    card = reader.get("/me/").json()["card_number"]
    loans: list[str] = []
    holds: list[str] = []
    for book in reader.get("/books/", params={"available": "true", "page_size": 30}).json()["results"]:
        copies = reader.get(f"/books/{book['id']}/copies/").json()["results"]
        free = next((copy for copy in copies if copy["status"] == "available" and copy["for_loan"]), None)
        if free and len(loans) < 2:
            answer = staff.post("/loans/", json={"copy": free["barcode"], "patron": card})
            loans += [answer.json()["id"]] if answer.status_code == 201 else []
        elif free and len(holds) < 4:
            answer = reader.post("/holds/", json={"book": book["id"], "branch": str(free["branch"])})
            holds += [answer.json()["id"]] if answer.status_code == 201 else []
    assert loans, answer.text
    assert holds, answer.text
    listed = reader.get("/books/", params={"format": "digital", "page_size": 100}).json()["results"]
    book = next(row["id"] for row in listed if row["has_file"] and row["is_public"])
    branch = reader.get("/branches/").json()["results"][0]["id"]
    spare_copy = "TO-BE-DELETED"
    answer = staff.post(f"/books/{book}/copies/", json={"barcode": spare_copy, "branch": branch})
    assert answer.status_code == 201, answer.text
    job = str(stack.sql("select id from jobs_job order by id limit 1")[0][0])
    return {
        "/api/v1/books/{id}/": book,
        "/api/v1/books/{id}/copies/": book,
        "/api/v1/copies/{barcode}/": spare_copy,
        "/api/v1/books/{book_id}/study/": book,
        "/api/v1/rag/books/{book_id}/index/": book,
        "/api/v1/rag/books/{book_id}/query/": book,
        "DELETE /api/v1/books/{id}/": spare.json()["id"],
        "/api/v1/jobs/{id}/": job,
        "/api/v1/jobs/{id}/cancel/": job,
        "/api/v1/loans/{id}/": loans[0],
        "/api/v1/loans/{id}/return/": loans[-1],
        "GET /api/v1/holds/{id}/": holds[0],
        "DELETE /api/v1/holds/{id}/": holds[-1],
        "/api/v1/holds/{id}/confirm/": holds[0],
        "/api/v1/holds/{id}/refuse/": holds[len(holds) // 2],
        "/api/v1/usernames/{name}/": "ada",
    }


def write_config(path: Path, ids: dict[str, object]) -> None:
    """The settings of Schemathesis: the ids, and the checks left out."""
    lines = []
    for where, value in ids.items():
        kind = "path" if where.startswith("/") else "name"
        name = where.rsplit("{", 1)[1].split("}")[0]
        lines += ["[[operations]]", f'include-{kind} = "{where}"']
        lines += [f'parameters = {{ "path.{name}" = {json.dumps(value)} }}', ""]
    for where in EXCLUDED:
        lines += ["[[operations]]", f'include-name = "{where}"', "checks.positive_data_acceptance.enabled = false", ""]
    path.write_text("\n".join(lines))


def run(st: str, stack: Stack, config: Path, name: str, token: str, examples: int) -> tuple[str, int, float]:
    """One identity's requests; gives its name, the exit code and the seconds. What it said is in var/schema."""
    command = [st, "--config-file", str(config), "--no-color", "run", f"{stack.url}/api/schema/"]
    command += ["--max-examples", str(examples), "--seed", "1", "--generation-database", "none"]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "--header", "Accept: application/json"]
    if token:
        command += ["--header", f"Authorization: {token}"]
    began = time.monotonic()
    with (VAR.parent / f"schema-{name}.log").open("wb") as log:
        done = subprocess.run(command, cwd=config.parent, env=environment(), stdout=log, stderr=log, check=False)
    return name, done.returncode, time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--st", required=True, type=Path, help="the command of Schemathesis")
    parser.add_argument("--examples", type=int, default=50, help="for each operation")
    parser.add_argument("--together", type=int, default=os.cpu_count() or 1, help="identities at a time")
    parser.add_argument("--only", choices=IDENTITIES, action="append", help="this identity (may be repeated)")
    arguments = parser.parse_args()
    chosen = arguments.only or list(IDENTITIES)
    st = str(arguments.st.absolute())
    stack = Stack(VAR)
    stack.remove()
    try:
        stack.start()
        config = VAR / "schemathesis.toml"
        write_config(config, rows(stack))
        tokens = {who: stack.client(mail).headers.get("Authorization", "") for who, mail in IDENTITIES.items()}
        with ThreadPoolExecutor(arguments.together) as pool:
            runs = [pool.submit(run, st, stack, config, who, tokens[who], arguments.examples) for who in chosen]
            ended = [one.result() for one in runs]
    finally:
        stack.remove()
        shutil.rmtree(VAR, ignore_errors=True)
    for name, code, seconds in ended:
        log = VAR.parent / f"schema-{name}.log"
        print(f"{name}: {'clean' if code == 0 else 'findings'} in {seconds:.0f} s ({log.relative_to(ROOT)})")
        if code:
            print(log.read_text(errors="replace"))
    return 1 if any(code for _name, code, _seconds in ended) else 0


if __name__ == "__main__":
    sys.exit(main())
