from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "library.notices"
    label = "notices"
    verbose_name = _("Letters")

    def ready(self) -> None:
        from library.core.privacy import registry
        from library.live import feeds
        from library.notices import kinds, privacy

        registry.register("notices", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        kinds.register(kinds.DIGEST, app="notices", group=kinds.DUE.code, name=_("The letter of the day"))
        feeds.register(
            feeds.Feed(
                code="notices",
                app=self.name,
                route="notices/",
                topic="library.notices.live_bell.topic",
                since="library.notices.live_bell.since",
            )
        )
