"""What Ctrl-K looks through at the desk, and how a name answers to what somebody typed.

Each source asks the ModelAdmin of its kind: who may not see a kind is told of none of it, and the
rows are those of its own list. Names of which there are few are read together in one statement and
compared here, by their pinyin too; articles by the column that is kept for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.postgres.aggregates import StringAgg
from django.db import OperationalError, connection, models, transaction
from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from articles.models import Article, Category, Tag
from leads import desk_words as words
from leads.models import Enquiry
from leads.references import ALPHABET, read_reference
from parkcms.language import pinyin
from parkcms.library.models import Picture
from parkcms.publication.models import live_at
from parks.models import Park, Space

from .models import Complaint, OwnersText

NOTHING = Value("", output_field=models.TextField())
MOST_NAMES = 5_000  # of a kind, the newest
MOST_ARTICLES = 40  # looked at more closely
MOST_PICTURES = 8
PATIENCE = 400  # milliseconds for all articles
RECENT = 5_000  # articles that are looked through where that was not enough


@dataclass(frozen=True)
class Found:
    """One place at the desk. ``public_url`` is its page on the site, '' where readers see none;
    ``rank`` says how well it answers, less is better; ``key`` is the row's."""

    kind: str
    label: str
    title: str
    detail: str = ""
    url: str = ""
    public_url: str = ""
    rank: int = 0
    key: int = 0


@dataclass(frozen=True)
class Wanted:
    """What was typed: its words folded, the number it may be, or the rows that are asked for."""

    terms: tuple[str, ...] = ()
    number: int | None = None
    keys: dict[str, tuple[int, ...]] | None = None  # {kind: keys}, in the place of words

    def keys_of(self, kind: str) -> tuple[int, ...]:
        return (self.keys or {}).get(kind, ())


def rank(terms: Iterable[str], title: str, other: str = "") -> int | None:
    """How well a name answers to all the terms, 0 being best; None where one finds nothing.

    Han and Latin are looked for as they stand; Latin also as pinyin and as its first letters, but
    only from where a syllable begins.
    """
    worst = 0
    for term in terms:
        found = _rank(term, title)
        if found is None and other:
            found = None if (beside := _rank(term, other)) is None else beside + 5
        if found is None:
            return None
        worst = max(worst, found)
    return worst


def _rank(term: str, name: str) -> int | None:
    keys = pinyin.keys(name)
    if keys.folded.startswith(term):
        return 0
    if term in keys.folded:
        return 1
    if not term.isascii():
        return None
    if keys.initials.startswith(term):
        return 2
    if keys.pinyin.startswith(term):
        return 2
    starts = (place for place in keys.starts if keys.pinyin.startswith(term, place))
    return 4 if term in keys.initials or next(starts, None) is not None else None


def may_see(request: HttpRequest, model: type[models.Model]) -> bool:
    own = admin.site._registry.get(model)
    return own is not None and own.has_view_permission(request)


def rows_of(request: HttpRequest, model: type[models.Model]) -> QuerySet:
    """The rows of the model's own list, as this person sees it."""
    return admin.site._registry[model].get_queryset(request).order_by()


# --- articles ---------------------------------------------------------------------------------


def articles(request: HttpRequest, wanted: Wanted) -> tuple[list[Found], bool]:
    """Articles by title or number, and whether only the newest were looked through."""
    if not may_see(request, Article):
        return [], False
    rows = rows_of(request, Article)
    if wanted.keys is not None:
        return _as_found(rows.filter(pk__in=wanted.keys_of("article")), wanted), False
    titled = Q()
    for term in wanted.terms:
        titled &= Q(title_keys__contains=term)
    for place in (rows, rows.filter(pk__in=rows.order_by("-pk").values("pk")[:RECENT])):
        newest = place.filter(titled).order_by("-pk").values("pk")[:MOST_ARTICLES]
        if wanted.number is not None:
            newest = newest.union(rows.filter(pk=wanted.number).values("pk"))
        try:
            with _patience():
                return _as_found(rows.filter(pk__in=newest), wanted), place is not rows
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "57014":  # not the time it took
                raise
    return [], True


@contextmanager
def _patience() -> Iterator[None]:
    """Around one statement: Postgres gives it up after PATIENCE."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE:d}")
        yield
        transaction.set_rollback(True)  # nothing was written, and the limit goes with it


def _as_found(rows: QuerySet[Article], wanted: Wanted) -> list[Found]:
    shown = rows.select_related("category").only(
        "title", "original_title", "publisher", "publish_at", "expire_at", "taken_down_at",
        "category__name_zh", "category__publish_at", "category__expire_at",
        "category__taken_down_at",
    )  # fmt: skip
    return [
        Found(
            "article",
            "文章",
            row.title,
            f"{row.publication_state} · {row.category.name_zh} · {row.pk}",
            reverse("admin:articles_article_change", args=[row.pk]),
            row.get_absolute_url() if row.is_published() and row.category.is_published() else "",
            place,
            row.pk,
        )
        for row in sorted(shown, key=lambda row: -row.pk)
        if (
            place := _rank_of_row(
                wanted, row.pk, row.title, f"{row.original_title} {row.publisher}"
            )
        )
        is not None
    ]


def _rank_of_article(wanted: Wanted, row: Article) -> int | None:
    return _rank_of_row(wanted, row.pk, row.title, f"{row.original_title} {row.publisher}")


def _rank_of_row(wanted: Wanted, pk: int, title: str, other: str) -> int | None:
    if pk == wanted.number:
        return -1
    return rank(wanted.terms, title, other)


# --- names of which there are few -------------------------------------------------------------

_LABELS = {"park": "园区", "space": "空间", "category": "分类", "tag": "标签", "text": "站务页面"}


def names(request: HttpRequest, wanted: Wanted) -> list[Found]:
    """Parks, spaces, categories, tags and the owner's pages: one statement for all of them."""
    parts = [part for part in _parts(request, wanted) if part is not None]
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = []
    for kind, pk, title, other, detail, path, is_live in rows:
        place = _rank_of_row(wanted, pk, title, f"{other} {detail}")
        if place is None:
            continue
        url, public = _addresses(kind, pk, path)
        if kind == "text" and not may_see(request, OwnersText):
            url = public if is_live else ""
        if url:
            label = _LABELS[kind]
            found.append(Found(kind, label, title, detail, url, public * is_live, place, pk))
    return found


def _parts(request: HttpRequest, wanted: Wanted) -> Iterator[QuerySet | None]:
    aliases = Cast(StringAgg("aliases__name", Value(" "), default=NOTHING), CharField())
    plain = {
        "park": (
            Park,
            "name_zh",
            Concat(F("name_en"), Value(" "), aliases),
            Value(""),
            F("slug"),
            live_at(),
        ),
        "space": (
            Space,
            "code",
            F("building"),
            F("park__name_zh"),
            Concat(Cast("park__slug", CharField()), Value("/"), Cast("slug", CharField())),
            live_at() & live_at(prefix="park__"),
        ),
        "category": (Category, "name_zh", F("name_en"), Value(""), F("slug"), live_at()),
        "tag": (Tag, "name", F("name_en"), Value(""), F("slug"), Q(pk__gt=0)),
    }
    for kind, (model, title, *said) in plain.items():
        if may_see(request, model):
            yield _columns(rows_of(request, model), kind, title, wanted, *said)
    newest = OwnersText.objects.order_by("key", "-number").distinct("key").values("pk")
    number = Concat(Value("第 "), Cast("number", CharField()), Value(" 版"))
    yield _columns(
        OwnersText.objects.filter(pk__in=newest).order_by(),
        "text", "title_zh", wanted, F("title_en"), number, F("key"), live_at(),
    )  # fmt: skip


def _columns(
    rows: QuerySet,
    kind: str,
    title: str,
    wanted: Wanted,
    other: object,
    detail: object,
    path: object,
    is_live: Q,
) -> QuerySet:
    if wanted.keys is not None:
        rows = rows.filter(pk__in=wanted.keys_of(kind))
    text = CharField()
    columns = {
        "f_kind": Value(kind, output_field=text),
        "f_title": Cast(title, text),
        "f_other": Cast(other, text),
        "f_detail": Cast(detail, text),
        "f_path": Cast(path, text),
        "f_live": Case(When(is_live, then=1), default=0, output_field=IntegerField()),
    }
    said = rows.annotate(**columns).order_by("-pk")
    return said.values_list(
        "f_kind", "pk", "f_title", "f_other", "f_detail", "f_path", "f_live"
    )[:MOST_NAMES]  # fmt: skip


_DESK = {
    "park": "parks_park",
    "space": "parks_space",
    "category": "articles_category",
    "tag": "articles_tag",
    "text": "parkcms_ownerstext",
}
_SITE = {
    "park": "parks:park",
    "space": "parks:space",
    "category": "articles:category",
    "tag": "articles:tag",
}


def _addresses(kind: str, pk: int, path: str) -> tuple[str, str]:
    desk = reverse(f"admin:{_DESK[kind]}_change", args=[pk])
    try:
        site = reverse(path) if kind == "text" else reverse(_SITE[kind], args=path.split("/"))
    except NoReverseMatch:  # an address name that is none
        site = ""
    return desk, site


# --- pictures, and what has a reference -------------------------------------------------------


def pictures(request: HttpRequest, wanted: Wanted) -> list[Found]:
    """The newest pictures that hold every word in what is written of them."""
    if not may_see(request, Picture):
        return []
    held = Q()
    for term in wanted.terms:
        fields = ("alt_zh", "caption_zh", "name", "keywords")
        held &= Q(*((f"{field}__icontains", term) for field in fields), _connector=Q.OR)
    if wanted.keys is not None:
        held = Q(pk__in=wanted.keys_of("picture"))
    elif wanted.number is not None:
        held |= Q(pk=wanted.number)
    rows = rows_of(request, Picture).filter(held).order_by("-pk")[:MOST_PICTURES]
    return [
        Found(
            "picture",
            "图片",
            row.alt_zh or str(row),
            f"{row.width} × {row.height} · {row.pk}",
            reverse("admin:library_picture_change", args=[row.pk]),
            row.url("wide") if row.forms else "",
            -1 if row.pk == wanted.number else 3,
            row.pk,
        )
        for row in rows
    ]


def referenced(request: HttpRequest, text: str) -> list[Found]:
    """The enquiry or the complaint with that reference, or none; others' are not told of."""
    found = []
    if (reference := read_reference(text)) and may_see(request, Enquiry):
        rows = rows_of(request, Enquiry).filter(reference=reference)
        found += [
            Found(
                "enquiry",
                "需求",
                f"{row.reference} {words.who(row)}",
                " · ".join(filter(None, [row.get_status_display(), words.wish(row)])),
                reverse("admin:leads_enquiry_change", args=[row.pk]),
                rank=-1,
            )
            for row in rows
        ]
    if (reference := _complaints_reference(text)) and may_see(request, Complaint):
        found += [
            Found(
                "complaint",
                "投诉与更正",
                row.reference,
                row.get_kind_display(),
                reverse("admin:parkcms_complaint_change", args=[row.pk]),
                rank=-1,
            )
            for row in rows_of(request, Complaint).filter(reference=reference)
        ]
    return found


def _complaints_reference(text: str) -> str:
    drawn = [letter for letter in text.upper() if letter.isalnum()]
    if len(drawn) != 12 or not set(drawn) <= set(ALPHABET):
        return ""
    return "-".join("".join(drawn[start : start + 4]) for start in (0, 4, 8))


# --- the desk's own pages, and those of the site that are no rows -----------------------------


def pages(request: HttpRequest, wanted: Wanted) -> list[Found]:
    """Lists and empty forms this person may open, and the site's own lists. No query."""
    found = []
    for title, other, url, public in (*_desk_pages(request), *_site_pages()):
        place = rank(wanted.terms, title, other)
        if place is not None:
            label = "网站" if public else "工作台"
            found.append(Found("page", label, title, "", url, public, place))
    return found


def _desk_pages(request: HttpRequest) -> Iterator[tuple[str, str, str, str]]:
    yield "今天要办", "首页 首屏", reverse("admin:index"), ""
    yield "修改密码", "", reverse("admin:password_change"), ""
    yield "两步验证", "", reverse("admin:second_factor"), ""
    if request.user.has_perm("articles.publish_article"):
        yield "转载权利核实", "版权 授权", reverse("admin:articles_article_rights"), ""
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            one = model["model"]._meta.verbose_name
            if model["admin_url"]:
                yield str(model["name"]), "列表", model["admin_url"], ""
            if model["add_url"]:
                yield f"新建{one}", "添加 写", model["add_url"], ""


def _site_pages() -> Sequence[tuple[str, str, str, str]]:
    named = (
        ("网站首页", "home"),
        ("园区（网站）", "parks:list"),
        ("空间（网站）", "parks:spaces"),
        ("招商资讯（网站）", "articles:list"),
        ("提交需求（网站）", "leads:new"),
        ("投诉与更正（网站）", "report"),
    )
    return [(title, "", reverse(name), reverse(name)) for title, name in named]
