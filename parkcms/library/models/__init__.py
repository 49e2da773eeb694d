from .document import Document, DocumentQuerySet, FormerDocument
from .picture import FormerFile, Picture, PictureQuerySet
from .shelved import Known, Shelved, ShelvedQuerySet

__all__ = [
    "Document",
    "DocumentQuerySet",
    "FormerDocument",
    "FormerFile",
    "Known",
    "Picture",
    "PictureQuerySet",
    "Shelved",
    "ShelvedQuerySet",
]
