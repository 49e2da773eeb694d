"""Where a park lies: the drawing by coordinates, the list that tells the same, links to maps."""

from collections.abc import Iterable
from typing import Any

from django import template

from parks import schematic
from parks.models import Park, TransportLink
from parks.places import map_links

register = template.Library()


@register.inclusion_tag("parks/_place.html")
def place(park: Park, transport: Iterable[tuple[TransportLink, Any]]) -> dict[str, Any]:
    """``transport``: links with their notes, as the profile tells them. No query."""
    return {
        "drawing": schematic.of_park(park, [link for link, _note in transport]),
        "maps": map_links(park),
    }
