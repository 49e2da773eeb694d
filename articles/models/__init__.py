"""The nouns of the articles, one module each; import them from here."""

from .article import COVER_VARIANTS, Article, Citation, Mention
from .topics import Category, Tag, Tagging

__all__ = ["COVER_VARIANTS", "Article", "Category", "Citation", "Mention", "Tag", "Tagging"]
