"""The list of source notes of a page."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from parks import telling
from parks.notes import Note

register = template.Library()


@register.simple_tag
def note_items(notes: Iterable[Note], here: dict[str, dict[str, str]]) -> SafeString:
    """``<li>`` of each note; ``here`` from ``{% read_here notes as here %}``."""
    return telling.notes(notes, here)
