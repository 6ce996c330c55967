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
    "cover",
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
        from catalog.models import BookFile
        from catalog.services import covers
        from catalog.signals import book_file_added
        from library.core.privacy import registry

        registry.register("catalog", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        book_file_added.connect(covers.first_page_of_new_file, sender=BookFile, dispatch_uid="catalog.first_page")
        grant(Role.LIBRARIAN, [*LIBRARIAN, "catalog.view_bookgeneration"])
