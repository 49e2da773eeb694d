"""Which page of this site a complaint names: its path, its title, and its place at the desk."""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.translation import override

from articles.models import Article
from parkcms.language.address import in_language, language_of
from parkcms.people.models import User
from parks.models import Park, Space

from . import origins

MOST = 300  # characters of a path; a column has room for no more
MOST_DIGITS = 18  # of a key
# Pages that can be complained about, by the names of their addresses, and what the desk calls
# them. No others: the address of a receipt is its sender's secret.
PAGES = {
    "home": "首页",
    "parks:list": "园区",
    "parks:park": "园区",
    "parks:spaces": "找空间",
    "parks:space": "空间",
    "articles:list": "资讯",
    "articles:article": "文章",
    "articles:year": "按年份的文章",
    "articles:category": "文章分类",
    "articles:tag": "标签",
    "search": "搜索",
    "media": "图片",
    "leads:new": "提交租赁需求",
    "leads:find": "查需求回执",
    "leads:kept": "我们保存什么、保存多久",
    "report": "投诉与更正",
    "about": "关于我们",
    "contact": "联系我们",
    "privacy": "个人信息保护",
    "reprint": "版权与转载",
    **dict.fromkeys(
        (f"{key}_version" for key in ("about", "contact", "privacy", "reprint")), "站务页面旧版"
    ),
}


def own_path(text: str) -> str:
    """The path of the page that an address names, as ``/articles/3661/``; '' for no such page.

    Takes a path or a whole address of this site, with or without https://; what follows ? or #
    is left out. Whether there is such an article is not asked: it may be down already.
    """
    path = _path(text.strip())
    for candidate in (path, f"{path}/"):
        if path and len(candidate) <= MOST and _match(candidate):
            return candidate
    return ""


def _path(text: str) -> str:
    own = urlsplit(settings.PARKCMS_ORIGIN).netloc.lower().removeprefix("www.")
    try:
        given = urlsplit(text)
        if not text.startswith("/") and given.scheme not in {"http", "https"}:
            given = urlsplit(f"https://{text}")
        host = given.netloc.lower()
    except ValueError:
        return ""
    path = unquote(given.path) or "/"
    hosts = {own, f"www.{own}"} | ({""} if text.startswith("/") else set())
    if host not in hosts or not path.isprintable() or ".." in path.split("/"):
        return ""
    return in_language(path, language_of(path))


def _match(path: str) -> ResolverMatch | None:
    with override(language_of(path)):
        try:
            found = resolve(path)
        except Resolver404:
            return None
    return found if found.view_name in PAGES else None


def title(path: str) -> str:
    """What the page calls itself, in Chinese; one query at most. '' where nothing is shown there.

    Only of what is published: the title of a draft is nobody's to see.
    """
    match = _match(path) if path else None
    if match is None:
        return ""
    named = _named(match)
    if named is None:
        return PAGES[match.view_name]
    found = origins.find(*named)
    return found[0][:MOST] if found else ""


def _named(match: ResolverMatch) -> tuple[str, str] | None:
    """(kind, key) of the one row the page is about, as parkcms/origins.py takes them."""
    given = match.kwargs
    if match.view_name == "articles:article":
        return "article", str(given["pk"])
    if match.view_name == "parks:park":
        return "park", given["slug"]
    if match.view_name == "parks:space":
        return "space", f"{given['slug']}/{given['space']}"
    return None


def desk_address(path: str, user: User) -> str:
    """Where at the desk the page's row is changed and taken down; '' where there is none, or it
    is not this person's to see. One query."""
    match = _match(path) if path else None
    named = _named(match) if match else None
    if named is None:
        return ""
    kind, key = named
    label, rows = {"article": ("articles", Article), "park": ("parks", Park),
                   "space": ("parks", Space)}[kind]  # fmt: skip
    if not user.has_perm(f"{label}.view_{kind}"):
        return ""
    pk = rows.objects.filter(**_key(kind, key)).values_list("pk", flat=True).first()
    return reverse(f"admin:{label}_{kind}_change", args=[pk]) if pk else ""


def _key(kind: str, key: str) -> dict[str, object]:
    if kind == "article":
        return {"pk": int(key) if len(key) <= MOST_DIGITS else None}
    park, _slash, space = key.partition("/")
    return {"slug": park} if kind == "park" else {"slug": space, "park__slug": park}
