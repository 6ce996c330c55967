from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AistudyConfig(AppConfig):
    name = "aistudy"
    verbose_name = _("Study content")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.services.roles import grant
        from aistudy import privacy, receivers  # noqa: F401  (connects them)
        from library.core.privacy import registry

        registry.register("aistudy", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        grant(Role.LIBRARIAN, ["aistudy.view_artifact"])
