"""The nouns of a park, one module each; import them from here."""

from .admission import AdmissionTerm
from .contact import ContactCard
from .figure import Figure, Milestone, Source
from .park import Alias, Amenity, Industry, Park, ParkIndustry, Phase, TransportLink
from .policy import Benefit, Policy
from .record import SpaceRecord
from .space import Space, SpacePicture
from .upload import Upload
from .watch import Watch

__all__ = [
    "AdmissionTerm",
    "Alias",
    "Amenity",
    "Benefit",
    "ContactCard",
    "Figure",
    "Industry",
    "Milestone",
    "Park",
    "ParkIndustry",
    "Phase",
    "Policy",
    "Source",
    "Space",
    "SpacePicture",
    "SpaceRecord",
    "TransportLink",
    "Upload",
    "Watch",
]
