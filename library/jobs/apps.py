from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "library.jobs"
    label = "jobs"
    verbose_name = _("Work in the background")

    def ready(self) -> None:
        from library.core.measuring import metrics
        from library.core.privacy import registry
        from library.jobs import privacy, queries
        from library.live import feeds

        registry.register("jobs", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        feeds.register(
            feeds.Feed(
                code="job",
                app=self.name,
                route="jobs/<uuid:pk>/",
                topic="library.jobs.live_progress.topic",
                since="library.jobs.live_progress.since",
            )
        )
        metrics.gauge("lyceum_jobs", "Jobs there are, by kind and state.", queries.counted, "kind", "state")
