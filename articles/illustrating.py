"""Pictures within texts: which library pictures a text shows, and how they are drawn for readers.

A text names a picture by the address of one stored form. What is drawn is the picture's own row:
all its sizes and formats, its alt, its credit, 效果图 where it is one. So a picture that is
replaced or described anew is right in every text at once.
"""

from html import escape
from typing import Any

from django.template.loader import render_to_string
from lxml import etree, html

from parkcms.library.models import Document, Picture

from .models import Article, Attachment, Illustration

SIZES = "(min-width: 62em) 700px, 100vw"


def pictures_of(content: dict[str, Any]) -> list[Picture]:
    """The pictures in a content's body, and its cover: up to two queries."""
    found = {row.pk: row for row in Picture.objects.shown_in(content.get("body") or "").values()}
    cover = content.get("cover")
    if cover and cover not in found:
        found |= {row.pk: row for row in Picture.objects.filter(pk=cover)}
    return [found[pk] for pk in sorted(found)]


def settle(article: Article) -> None:
    """Note which pictures and documents the live text and the draft use, so that the library says
    where, and deletes none of them. Call it in the transaction of the change."""
    said = [{"body": article.body}, *([article.draft.content] if article.draft else [])]
    pictures = {row.pk for one in said for row in pictures_of(one)}
    _keep_rows(Illustration, article, "picture_id", pictures)
    bodies = [one.get("body") or "" for one in said]
    documents = {row.pk for body in bodies for row in Document.objects.linked_in(body).values()}
    _keep_rows(Attachment, article, "document_id", documents)


def _keep_rows(model: type, article: Article, column: str, wanted: set[int]) -> None:
    rows = model.objects.filter(article=article)
    known = set(rows.values_list(column, flat=True))
    if gone := known - wanted:
        rows.filter(**{f"{column}__in": gone}).delete()
    if new := sorted(wanted - known):
        made = [model(article=article, **{column: key}) for key in new]
        model.objects.bulk_create(made, ignore_conflicts=True)


def drawn(body: str) -> str:
    """Cleaned HTML with each library picture drawn in full; the rest as it was (one query, none
    where the text has no picture)."""
    if "<img" not in body:
        return body
    pictures = Picture.objects.shown_in(body)
    root = html.fragment_fromstring(body, create_parent="div")
    for image in list(root.iter("img")):
        picture = pictures.get(image.get("src", ""))
        if picture is not None:
            _draw(image, picture)
    return _inner(root)


def _draw(image: etree._Element, picture: Picture) -> None:
    own_words = image.get("alt", "")
    context = {"picture": picture, "sizes": SIZES, "css": "", "eager": False}
    drawn = html.fragment_fromstring(render_to_string("library/picture.html", context).strip())
    if own_words and not picture.is_decorative:
        drawn.find(".//img").set("alt", own_words)
    drawn.tail = image.tail
    parent = image.getparent()
    parent.replace(image, drawn)
    _say_whose(parent, picture)


def _say_whose(parent: etree._Element, picture: Picture) -> None:
    """The credit and 效果图 in the caption, where the figure's own words don't name them yet."""
    figure = parent if parent.tag == "figure" else next(parent.iterancestors("figure"), None)
    said = [word for word in ("效果图" if picture.is_rendering else "", picture.credit) if word]
    if figure is None or not said:
        return
    caption = figure.find(".//figcaption")
    if caption is None:
        caption = etree.SubElement(figure, "figcaption")
    known = caption.text_content() if isinstance(caption, html.HtmlElement) else caption.text or ""
    for word in said:
        if word not in known:
            mark = etree.SubElement(
                caption, "span", {"class": "badge" if word == "效果图" else "credit"}
            )
            mark.text = word


def _inner(root: etree._Element) -> str:
    start = escape(root.text, quote=False) if root.text else ""
    return start + "".join(html.tostring(child, encoding="unicode") for child in root)
