from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RECORDS = (
    "book",
    "author",
    "authoralias",
    "category",
    "subject",
    "series",
    "branch",
    "itemtype",
    "copy",
    "authorship",
    "bookidentifier",
    "bookfile",
)
# A branch is closed by an administrator; everything else on the shelves is a librarian's daily work.
LIBRARIAN = [
    f"catalog.{verb}_{record}"
    for record in RECORDS
    for verb in ("view", "add", "change", "delete")
    if (verb, record) != ("delete", "branch")
]


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.services.roles import grant
        from catalog import privacy
        from library.core.privacy import registry

        registry.register("catalog", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        grant(Role.LIBRARIAN, [*LIBRARIAN, "catalog.view_bookgeneration"])
