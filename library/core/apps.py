from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CoreConfig(AppConfig):
    name = "library.core"
    label = "core"

    def ready(self) -> None:
        from library.core.config import django_checks  # noqa: F401  (registers itself)
        from library.core.privacy import kept_answers, registry

        registry.register("core", fields=kept_answers.FIELDS, exports=kept_answers.exported, erases=kept_answers.erase)


class LyceumAdminConfig(AdminConfig):
    """Django's admin with our own site in place of its default one."""

    default_site = "library.core.admin.LyceumAdminSite"
