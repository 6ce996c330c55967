"""Why a conversation does not go on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError, NotFound


class ConversationNotFound(NotFound):
    message = _("There is no such conversation of yours.")


class DocumentGone(LibraryError):
    code = "document_gone"
    message = _("What this conversation was about is no longer in the library. What was said stays.")


class ConversationFull(LibraryError):
    code = "conversation_full"
    message = _("This conversation has {most} questions, and takes no more. Begin another.")


class StillAnswering(LibraryError):
    code = "still_answering"
    message = _("The question before is being answered. Wait for it, or stop it.")


class NothingToJudge(LibraryError):
    code = "nothing_to_judge"
    message = _("There is no answer yet that could be right or wrong.")


class TitleInvalid(LibraryError):
    code = "invalid"
    status = 400
    message = _("A title has 1 to {most} characters.")


class QuoteNotThere(LibraryError):
    code = "quote_not_there"
    message = _("These words stand on no page of the book.")
