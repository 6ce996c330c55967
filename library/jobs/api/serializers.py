from __future__ import annotations

from rest_framework import serializers

from library.jobs.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    class Meta:
        model = Job
        fields = ["id", "kind", "state", "done", "total", "message", "error"]
        read_only_fields = fields
