"""The nouns of the articles, one module each; import them from here."""

from .article import COVER_VARIANTS, Article, Citation, Mention
from .editing import Attachment, Autosave, Comment, Illustration, Presence, PreviewLink, Revision
from .topics import Category, Tag, Tagging

__all__ = [
    "COVER_VARIANTS",
    "Article",
    "Attachment",
    "Autosave",
    "Category",
    "Citation",
    "Comment",
    "Illustration",
    "Mention",
    "Presence",
    "PreviewLink",
    "Revision",
    "Tag",
    "Tagging",
]
