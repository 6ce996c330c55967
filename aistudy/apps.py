from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

NO_TEXT = _("The library has no digital text of this book, so there is nothing to study it with yet.")


class AistudyConfig(AppConfig):
    name = "aistudy"
    verbose_name = _("Study content")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.services.roles import grant
        from aistudy import kinds, privacy, receivers  # noqa: F401  (connects them)
        from catalog.pages import tabs
        from library.core.privacy import registry

        kinds.register(
            kinds.ArtifactKind(
                code="summary",
                app=self.name,
                name=_("summary"),
                done=_("The summary is ready"),
                writer="extractive",
                write="aistudy.summary_writer.write_summary",
                schema="aistudy.api.content.SummarySerializer",
                template="aistudy/_summary.html",
            )
        )
        tabs.register(
            tabs.BookTab(
                code="study",
                app=self.name,
                label=_("Study"),
                order=20,
                template="aistudy/_study_panel.html",
                show="aistudy.book_tab.show_study_content",
                without_text=_(
                    "The library has no digital text of this book, so there is nothing to study it with yet."
                ),
            )
        )
        registry.register("aistudy", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        grant(Role.LIBRARIAN, ["aistudy.view_artifact"])
