"""The nouns of the articles, one module each; import them from here."""

from .article import Article, Citation, Mention
from .topics import Category, Tag, Tagging

__all__ = ["Article", "Category", "Citation", "Mention", "Tag", "Tagging"]
