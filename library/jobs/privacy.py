"""What jobs know of a person: who asked for them, and whose row a run of a task failed at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from library.core.privacy.registry import Person, rows
from library.jobs.models import Job, NightlyReport

FIELDS = ("jobs.Job.requested_by", "jobs.NightlyReport.faults")
FORGET_ROWS = """
UPDATE jobs_nightlyreport SET faults = COALESCE(
    (SELECT jsonb_agg(line ORDER BY place) FROM jsonb_array_elements(faults) WITH ORDINALITY AS lines (line, place)
     WHERE line->>'row' <> ALL (%(keys)s)), '[]')
WHERE failed > 0 AND EXISTS (SELECT FROM jsonb_array_elements(faults) AS line WHERE line->>'row' = ANY (%(keys)s))"""


def exported(person: Person) -> Mapping[str, Any]:
    """The jobs that they asked for, and the faults of runs that came to them."""
    asked = Job.objects.filter(requested_by=person.id).order_by("created_at", "id")
    return {
        "jobs": rows(asked, "kind", "state", "subject_label", "subject_id", "created_at", "ended_at"),
        "faults_of_runs": [
            {"task": report.task, "started_at": report.started_at, **line}
            for report in NightlyReport.objects.filter(faults__contains=[{"row": str(person.id)}])
            for line in report.faults
            if line["row"] == str(person.id)
        ],
    }


def erase(person: Person) -> None:
    """The work stays; who asked for it is gone."""
    Job.objects.filter(requested_by=person.id).update(requested_by=None)
    forget_rows([person.id])


def forget_rows(keys: Collection[object]) -> None:
    """Take the lines about these rows out of all reports; how many failed stays."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ROWS, {"keys": [str(key) for key in keys]})
