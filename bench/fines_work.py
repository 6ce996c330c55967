"""What ``bench.fines`` measures, inside a library's own environment: fills it, runs both in turns, compares."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
os.environ["LYCEUM_TIME_ZONE"] = "UTC"
django.setup()

from django.db import connection  # noqa: E402

from circulation.models import CalendarException, Charge, LendingSettings, LoanRule  # noqa: E402
from circulation.money import nightly  # noqa: E402

START = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAY = timedelta(days=1)
FIT = "(row.branch_id IS NULL OR row.branch_id = scope.home) AND (row.tier_id IS NULL OR row.tier_id = scope.tier_id)"
FIT += " AND (row.item_type_id IS NULL OR row.item_type_id = scope.item_type_id)"
RULE = f"FROM circulation_loanrule AS row WHERE {FIT} AND row."
ORDER = "IS NOT NULL ORDER BY row.branch_id IS NULL, row.tier_id IS NULL, row.item_type_id IS NULL LIMIT 1"
RIVAL = Path(__file__).with_name("fines_rival.sql").read_text().replace("{rule} ", RULE).replace("{order}", ORDER)
FILL = """
INSERT INTO catalog_branch (code, name, address, is_pickup) SELECT 'b' || n, 'Branch ' || n, '', true
  FROM generate_series(1, 5) AS n;
INSERT INTO catalog_itemtype (code, name, is_place, price) SELECT 't' || n, 'Type ' || n, false, n * 3
  FROM generate_series(1, 4) AS n;
INSERT INTO circulation_openinghours (branch_id, term_id, weekday, opens, closes)
  SELECT id, NULL, day, '09:00', '18:00' FROM catalog_branch, generate_series(0, 4) AS day WHERE code LIKE 'b%%';
CREATE TEMP TABLE people AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, %(readers)s) AS n;
INSERT INTO accounts_user (id, password, is_superuser, email, username, full_name, name_words, role, is_active, is_staff,
    created_at, token_epoch)
  SELECT id, '!', false, NULL, 'bench-' || n, 'Reader ' || n, 'reader', 'patron', true, false, now(), 0 FROM people;
INSERT INTO accounts_patron (user_id, card_number, card_folded, tier_id, wants_auto_renewal)
  SELECT id, 'X-' || n, 'x-' || n, (SELECT min(id) FROM accounts_tier), true FROM people;
CREATE TEMP TABLE copies AS SELECT n FROM generate_series(1, %(loans)s) AS n;
INSERT INTO catalog_copy (book_id, branch_id, barcode, barcode_folded, shelf_mark, status, not_for_loan, item_type_id,
    condition, price, created_at)
  SELECT (SELECT min(id) FROM catalog_book), branch.id, 'Y-' || n, 'y-' || n, '', 'on_loan', false,
    (SELECT id FROM catalog_itemtype WHERE code = 't' || (n %% 5)), '', CASE WHEN n %% 3 = 0 THEN 4 + n %% 30 END, now()
  FROM copies JOIN catalog_branch AS branch ON branch.code = 'b' || (1 + n %% 5);
INSERT INTO circulation_loan (id, copy_id, branch_id, patron_id, checked_out_at, due_at, is_hourly, due_changes, renewals,
    explanation)
  SELECT gen_random_uuid(), copy.id, lent.id, people.id, due.at - interval '14 days', due.at, false, 0, 0, '{}'
  FROM copies JOIN catalog_copy AS copy ON copy.barcode = 'Y-' || copies.n
  JOIN catalog_branch AS lent ON lent.code = 'b' || (1 + (copies.n / 7) %% 5)
  JOIN people ON people.n = 1 + copies.n %% %(readers)s
  CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01 23:59:59.999999+00' - (copies.n %% 90) * interval '1 day' AS at) AS due;
"""


def rows(statement: str, given: dict[str, object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else []


def fill(loans: int, readers: int) -> None:
    rows("SET session_replication_role = replica")  # the triggers of copies are not what is measured
    for statement in FILL.split(";\n"):
        if statement.strip():
            rows(statement, {"loans": loans, "readers": readers})
    rows("SET session_replication_role = origin")
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(
        fine_amount="0.20", fine_cap=10, fine_skips_closed_days=True, grace_period=1, cap_at_replacement_price=True
    )
    branch, kind = (
        rows("SELECT id FROM catalog_branch WHERE code = 'b2'")[0][0],
        rows("SELECT id FROM catalog_itemtype WHERE code = 't3'")[0][0],
    )
    LoanRule.objects.create(branch_id=branch, fine_amount="0.50", grace_counts_once_exceeded=False)
    LoanRule.objects.create(item_type_id=kind, fine_period=7, fine_amount=1, fine_charge_at="start")
    for first in (datetime(2025, 12, 24).date(), datetime(2026, 2, 16).date()):  # noqa: DTZ001
        CalendarException.objects.create(name="Closed", first_day=first, last_day=first + 5 * DAY)
    LendingSettings.objects.update(max_total_fines=25)
    rows("ANALYZE")


def lines() -> list[tuple[object, ...]]:
    return list(Charge.objects.filter(is_running=True).order_by("loan_id").values_list("loan_id", "amount", "due_at"))


def restore() -> None:
    rows("SET session_replication_role = replica")
    rows("DELETE FROM circulation_charge")
    rows("INSERT INTO circulation_charge SELECT * FROM before")
    rows("SET session_replication_role = origin")
    rows("VACUUM ANALYZE circulation_charge")


def timed(work: object, at: datetime) -> tuple[float, list[tuple[object, ...]], int]:
    restore()
    rows("CHECKPOINT")
    began = time.perf_counter()
    written = work(at)  # type: ignore[operator]
    return time.perf_counter() - began, lines(), written


def ours(at: datetime) -> int:
    return nightly.set_all(at=at).done


def rival(at: datetime) -> int:
    return int(rows(RIVAL, {"at": at})[0][0])  # type: ignore[call-overload]


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    loans, rounds = int(sys.argv[1]), int(sys.argv[2])
    readers = max(1, loans // 4)
    fill(loans, readers)
    begun = memory()
    ours(START)
    after = memory()
    rows("CREATE TABLE before AS SELECT * FROM circulation_charge")
    times: dict[str, list[float]] = {"ours": [], "rival": []}
    written = 0
    for number in range(rounds):
        at, found = START + (number % 5 + 1) * DAY, {}
        for name in ("ours", "rival") if number % 2 == 0 else ("rival", "ours"):
            seconds, found[name], written = timed({"ours": ours, "rival": rival}[name], at)
            times[name].append(seconds)
        if found["ours"] != found["rival"]:
            differ = [pair for pair in zip(found["ours"], found["rival"], strict=False) if pair[0] != pair[1]]
            sys.exit(f"Not the same lines: {len(found['ours'])} and {len(found['rival'])}; first {differ[:3]}")
    told = {"readers": readers, "branches": 5, "lines": len(found["ours"]), "written": written, "memory": after}
    print(json.dumps(told | times | {"memory_before": begun}))


if __name__ == "__main__":
    main()
