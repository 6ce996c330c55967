from django.utils.translation import gettext_lazy as _

from library.core.errors import ServiceUnavailable


class EmbedderUnavailable(ServiceUnavailable):
    code = "embedder_unavailable"
    message = _("The part of the library that understands questions is not answering just now. Try again in a minute.")
