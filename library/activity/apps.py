from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivityConfig(AppConfig):
    name = "library.activity"
    label = "activity"
    verbose_name = _("Who did what")

    def ready(self) -> None:
        from library.activity import privacy
        from library.core.privacy import registry

        registry.register("activity", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
