"""What an enquiry is about and where it was sent from: kind and id as text, looked up later.

Articles and the privacy text belong to rooms this one may not know; the roof says by two settings
who looks them up.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from parks.models import Park, Space


@dataclass(frozen=True, slots=True)
class About:
    """A public park, or a public space of it."""

    park: Park
    space: Space | None = None

    @property
    def title(self) -> str:
        return f"{self.park.name_zh} {self.space.code}" if self.space else self.park.name_zh

    @property
    def address(self) -> str:
        return (self.space or self.park).get_absolute_url()


def find_about(kind: str, pk: str) -> About | None:
    """The park with this slug, or the space with this ``park/space``; None for any other text."""
    if kind == "park" and pk.isascii():
        park = Park.objects.published().filter(slug=pk).first()
        return About(park) if park else None
    if kind == "space" and pk.isascii() and pk.count("/") == 1:
        park_slug, slug = pk.split("/")
        space = (
            Space.objects.published()
            .select_related("park")
            .filter(park__slug=park_slug, slug=slug)
            .first()
        )
        return About(space.park, space) if space else None
    return None


def find_origin(kind: str, pk: str) -> tuple[str, str] | None:
    """(title, address) of the page an enquiry was sent from; None when there is none such."""
    return import_string(settings.ENQUIRY_ORIGINS)(kind, pk)


def is_known_consent(version: str) -> bool:
    """Whether this is a privacy text that was published, this version or an older one."""
    return import_string(settings.ENQUIRY_CONSENTS)(version)
