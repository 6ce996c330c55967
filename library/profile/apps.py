from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProfileConfig(AppConfig):
    name = "library.profile"
    label = "profile"
    verbose_name = _("The library")

    def ready(self) -> None:
        from library.core.privacy import registry

        registry.register("profile")
