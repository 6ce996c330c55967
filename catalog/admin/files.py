"""What staff should know of the stored files of books."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from catalog.files import stored
from catalog.models import FileFault
from library.core.admin import banner

NAMED = 5


@banner
def faulty_files(request: HttpRequest) -> str:
    """What staff see on the first page of the admin where stored files are lost or are others than were added."""
    if not request.user.has_perm("catalog.change_book"):
        return ""
    found = stored.faulty(most=NAMED + 1)
    if not found:
        return ""
    named = "; ".join(f"{one.book.title} ({FileFault(one.fault).label})" for one in found[:NAMED])
    more = _(" and more") if len(found) > NAMED else ""
    return _("Files of books are not as they were added: %(books)s%(more)s. Add them again, or bring them back.") % {
        "books": named,
        "more": more,
    }
