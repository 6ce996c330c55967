from importlib import import_module
from typing import Any

import django_stubs_ext
from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks

from library.core.companions import left_out

# Before any app is loaded: this is the first one that the settings name.
django_stubs_ext.monkeypatch()  # QuerySet["Book"] at run time
# A test client and colours for pages that are not shown: 5 MB and a tenth of a second in every process of the API.
with left_out("requests", "pygments"):
    import_module("rest_framework.compat")


class CoreConfig(AppConfig):
    name = "library.core"
    label = "core"

    def ready(self) -> None:
        from library.core.config import django_checks  # noqa: F401  (registers itself)
        from library.core.privacy import kept_answers, registry

        registry.register("core", fields=kept_answers.FIELDS, exports=kept_answers.exported, erases=kept_answers.erase)


class LyceumAdminConfig(SimpleAdminConfig):
    """Django's admin with our own site in place of its default one.

    Its pages are loaded where its addresses are (``library.urls``), not in every process: workers show none.
    """

    default_site = "library.core.admin.LyceumAdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """Django's own checks of every page of the admin."""
    autodiscover()
    found: list[checks.CheckMessage] = check_admin_app(app_configs, **options)
    return found
