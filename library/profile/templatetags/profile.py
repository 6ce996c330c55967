"""What the library is called, for the heads of pages."""

from __future__ import annotations

from django import template
from django.urls import reverse

from library.profile import services
from library.profile.models import LibraryProfile

register = template.Library()


@register.simple_tag(takes_context=True)
def library_name(context: template.Context) -> str:
    """The library's name."""
    return _shown(context).name


@register.simple_tag(takes_context=True)
def library_logo(context: template.Context) -> str:
    """The address of the library's logo; empty where it has none."""
    key = _shown(context).logo_key
    return reverse("profile:logo", args=[key]) if key else ""


def _shown(context: template.Context) -> LibraryProfile:
    """A page that is made without a request is made while the database may be away."""
    return services.for_pages(may_ask="request" in context)
