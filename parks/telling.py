"""How a statement is written on a page: value, time and mark, as markup.

Built here and not in templates: a page of 500 statements is otherwise mostly template nodes.
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape  # Django's own looks for lazy texts, thousands of times a page

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language import quantities
from parkcms.language.dates import PartialDate
from parkcms.language.quantities import Shown

from .models import Figure, Source
from .notes import Note


def shown(figure: Figure, language: str) -> Shown:
    """``figure.shown_in(language)``, made once for equal values."""
    return _shown(
        figure.value, figure.unit, language or "zh-hans", figure.qualifier, figure.value_max
    )


_shown = lru_cache(maxsize=8192)(quantities.display)


def value(shown: Shown) -> SafeString:
    """``约 <number> <unit>``: every part with its class."""
    number = f'<span class="number">{escape(shown.number)}</span>'
    unit = f' <span class="unit">{escape(shown.unit)}</span>' if shown.unit else ""
    if not shown.qualifier:
        return mark_safe(number + unit)  # noqa: S308  (escaped above, as below)
    word = f'<span class="qualifier">{escape(shown.qualifier)}</span>'
    told = f"{number}{unit} {word}" if shown.follows else f"{word} {number}{unit}"
    return mark_safe(told)  # noqa: S308


def when(as_of: PartialDate, language: str) -> SafeString:
    """截至2024年6月, or 日期未载; ``language`` is the active one, asked once for many."""
    return _when(str(as_of), language)


@lru_cache(maxsize=2048)
def _when(as_of: str, _language: str) -> SafeString:
    if not as_of:
        return format_html('<span class="undated">{}</span>', _("日期未载"))
    return format_html("{}", _("截至%(date)s") % {"date": PartialDate(as_of).display()})


def mark(note: Note, language: str) -> SafeString:
    """The raised number that leads to the note."""
    label = escape(_label(language) % {"n": note.number})
    return mark_safe(  # noqa: S308
        f'<sup class="mark"><a href="#{note.anchor}" class="source-mark" aria-label="{label}">'
        f"{note.number}</a></sup>"
    )


@lru_cache(maxsize=2048)
def _dated(published: str, language: str) -> str:
    return escape(PartialDate(published).display(language))


@lru_cache(maxsize=8)
def _label(_language: str) -> str:
    return _("来源 %(n)s")


def notes(found: Iterable[Note], here: dict[str, dict[str, str]]) -> SafeString:
    """The list items of a page's notes; ``here`` are our own articles with the sentence."""
    english = get_language() == "en"
    words = {
        "language": get_language() or "",
        "comma": ", " if english else "，",
        "lang": ' lang="zh-Hans"' if english else "",
        "open": escape(_("打开来源")),
        "archive": escape(_("存档")),
        "here": escape(_("在本站文章里看原句")),
        "no_words": _missing(_("原句未收录")),
        "no_source": _missing(_("来源缺失")),
    }
    return mark_safe("".join(_note(note, here.get(note.anchor), words) for note in found))  # noqa: S308


def _missing(words: str) -> str:
    return f'<p class="note-missing">{escape(words)}</p>'


def _note(note: Note, place: dict[str, str] | None, words: dict[str, str]) -> str:
    quoted = f'<blockquote lang="zh-Hans"><p>{escape(note.sentence)}</p></blockquote>'
    if note.source:
        body = _document(note.source, place, words)
        body += quoted if note.sentence else words["no_words"]
        if note.source.note:
            body += f'<p class="note-remark"{words["lang"]}>{escape(note.source.note)}</p>'
    else:
        body = words["no_source"] + (quoted if note.sentence else "")
    return f'<li id="{note.anchor}" value="{note.number}">{body}</li>\n'


def _document(source: Source, place: dict[str, str] | None, words: dict[str, str]) -> str:
    """Publisher, title, date, and the ways to the text."""
    title = f"《{escape(source.title)}》" if source.title else ""
    named = f'<span lang="zh-Hans">{escape(source.publisher)}{title}</span>'
    ways = [(source.url, words["open"], ' rel="nofollow noopener" class="note-address"')]
    if source.archive_id:
        ways.append((source.archive.url, words["archive"], ' rel="nofollow"'))
    if place:
        ways.append((place["url"], words["here"], ""))
    links = "".join(f' <a href="{escape(url)}"{more}>{text}</a>' for url, text, more in ways if url)
    dated = _dated(str(source.published), words["language"])
    return f'<p class="note-source">{named}{words["comma"]}{dated}{links}</p>'
