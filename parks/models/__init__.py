"""The nouns of a park, one module each; import them from here."""

from .contact import ContactCard
from .figure import Figure, Milestone, Source
from .park import Alias, Amenity, Industry, Park, ParkIndustry, Phase, TransportLink
from .space import Space, SpacePicture

__all__ = [
    "Alias",
    "Amenity",
    "ContactCard",
    "Figure",
    "Industry",
    "Milestone",
    "Park",
    "ParkIndustry",
    "Phase",
    "Source",
    "Space",
    "SpacePicture",
    "TransportLink",
]
