from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RagConfig(AppConfig):
    name = "rag"
    verbose_name = _("Books that can be asked")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.services.roles import grant
        from catalog.covers import first_pages
        from catalog.pages import tabs
        from library.core.privacy import registry
        from rag import checks, privacy, receivers  # noqa: F401  (registers and connects them)

        tabs.register(
            tabs.BookTab(
                code="ask",
                app=self.name,
                label=_("Ask"),
                order=30,
                template="rag/_ask_tab.html",
                show="rag.book_tab.show_question",
                takes_posts=True,
                without_text=_("The library has no digital text of this book, so it cannot be asked yet."),
            )
        )
        first_pages.register("rag.reading.first_page.drawn")
        # Questions are kept nowhere; who had a book read anew, the jobs know.
        registry.register("rag", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        grant(
            Role.LIBRARIAN,
            [
                "rag.view_document",
                "rag.view_indexgeneration",
                "rag.view_rebuild",
                "rag.add_indexgeneration",  # have books read anew
                "rag.delete_indexgeneration",  # delete the index of a book
                "rag.change_rebuild",  # stop the rebuilding of all indexes, and go on with it
            ],
        )
