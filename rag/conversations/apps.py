from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "rag.conversations"
    label = "conversations"
    verbose_name = _("Conversations with books")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.services.roles import grant
        from library.core.privacy import registry
        from library.jobs.signals import job_ended
        from library.live import feeds
        from rag.conversations import answering, privacy

        registry.register("conversations", fields=privacy.FIELDS, exports=privacy.exported, erases=privacy.erase)
        job_ended.connect(answering.end_with_job, dispatch_uid="conversations")
        feeds.register(
            feeds.Feed(
                code="answer",
                app=self.name,
                route="answers/<uuid:pk>/",
                topic="rag.conversations.live.feed.topic",
                since="rag.conversations.live.feed.since",
            )
        )
        grant(
            Role.LIBRARIAN,
            [
                "conversations.view_exchange",  # those that somebody found wrong, and not who
                "conversations.view_judgedquestion",
                "conversations.add_judgedquestion",
                "conversations.delete_judgedquestion",
            ],
        )
