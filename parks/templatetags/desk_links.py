"""Links between pages of the desk, where the other page is there."""

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def desk_link(name: str, words: str, park: int) -> SafeString | str:
    """A link to a page about a park (``?park=``); '' where the desk has no such page."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return ""
    return format_html(' <a href="{}?park={}">{}</a>', address, park, words)
