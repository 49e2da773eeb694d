"""The desk keeps what is typed: addresses a page posts its form to every few seconds, and the
offers to go on from there when a form is opened again.

Nothing here is an act: no Act, no revision, and the article's row stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from . import as_typed, autosaving, compared, drafting, presence
from .as_typed import Typed
from .autosaving import Slot
from .content import Content
from .desk_acts import article_for, version_of
from .models import Article

RESTORE = "restore_autosave"
MOST_OFFERED = 5
MOST_VERSION = 2_147_483_647


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def post(route: str, view: Callable, name: str) -> URLPattern:
        def opened(request: HttpRequest, pk: int | None = None) -> HttpResponse:
            article = None
            if pk is not None:
                article = article_for(model_admin, request, pk)
            elif not model_admin.has_add_permission(request):
                raise PermissionDenied
            return view(model_admin, request, article)

        guarded = model_admin.admin_site.admin_view(require_POST(opened))
        return path(route, guarded, name=f"articles_article_{name}")

    return [
        post("add/autosave/", _keep, "autosave_new"),
        post("add/autosave/discard/", _discard, "autosave_discard_new"),
        post("<int:pk>/autosave/", _keep, "autosave"),
        post("<int:pk>/autosave/discard/", _discard, "autosave_discard"),
        post("<int:pk>/present/", _present, "present"),
    ]


# --- what pages post ----------------------------------------------------------------------------


def _keep(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article | None
) -> HttpResponse:
    """Keeps the posted form. ``_kept``: it comes late, from the browser's own store, and is kept
    only where it says something new."""
    if stranger := _other_person(request):
        return stranger
    form_class = model_admin.get_form(request, article, change=article is not None)
    form = as_typed.posted(request.POST, form_class)
    key = autosaving.as_key(request.POST.get("_key"))
    version = min(max(version_of(request), 0), MOST_VERSION) if article else 0
    told: dict[str, Any] = {}
    if "_kept" in request.POST:
        slot = Slot(key, timezone.now(), version, form)
        told["differs"] = _is_news(request, form_class, slot, article)
    if told.get("differs", True):
        at = autosaving.keep(request.user, article, key, form, version=version)
        told["at"] = said_of(at)
    if article:
        presence.arrive(article, request.user)
        told |= _news(request, article)
    return JsonResponse(told)


def _is_news(request: HttpRequest, form_class: type, slot: Slot, article: Article | None) -> bool:
    """Whether it says something that was neither saved nor kept under its key."""
    kept = autosaving.slots(request.user, article) if article else autosaving.new_ones(request.user)
    if any((one.key, one.form) == (slot.key, slot.form) for one in kept):
        return False
    return _offer(form_class, slot, article) is not None


def _present(model_admin: admin.ModelAdmin, request: HttpRequest, article: Article) -> HttpResponse:
    """A page is open, or says goodbye (``gone``)."""
    if stranger := _other_person(request):
        return stranger
    if "gone" in request.POST:
        presence.leave(article, request.user)
        return HttpResponse(status=204)
    presence.arrive(article, request.user)
    return JsonResponse(_news(request, article))


def _discard(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article | None
) -> HttpResponse:
    autosaving.drop(
        request.user, article, autosaving.as_key(request.POST.get("drop_autosave")) or "-"
    )
    messages.success(request, "没保存的那一份已经丢弃，表单里是保存过的内容。")
    if article is None:
        return HttpResponseRedirect(reverse("admin:articles_article_add"))
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))


def _other_person(request: HttpRequest) -> HttpResponse | None:
    """409 where somebody else has logged in since the page was opened: two people's texts are
    never mixed."""
    theirs = request.POST.get("_person", "")
    if theirs in ("", str(request.user.pk)):
        return None
    return JsonResponse({"person": str(request.user)}, status=409)


def _news(request: HttpRequest, article: Article) -> dict[str, Any]:
    """Who else is here, and, where somebody saved after the page was opened, who and when."""
    told = {
        "version": article.version,
        "others": presence.others(article, request.user),
        "saved": "",
    }
    opened = version_of(request)
    if 0 <= opened < article.version:
        told["saved"] = saved_since(article)
    return told


def saved_since(article: Article) -> str:
    """Who saved the newest version and when, in a sentence (one query)."""
    newest = article.revisions.only("by_name", "saved_at", "article").first()
    who = newest.by_name if newest and newest.by_name else "别人"
    at = said_of(newest.saved_at if newest else article.edited_at)
    return f"{who} {at} 保存了新的一版：您保存时会先让您看两边的不同。"


def said_of(at: datetime) -> str:
    """The time of day, with the day where it is not today's."""
    local, today = timezone.localtime(at), timezone.localdate()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"


# --- what a form offers -------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """What was typed and not saved, as the page shows it. ``is_older``: somebody saved since."""

    slot: Slot
    title: str
    at: str
    comparison: compared.Comparison
    is_older: bool
    address: str  # of the form filled with it
    is_shown: bool = False  # the form at hand shows it


def offers(
    request: HttpRequest, form_class: type, article: Article | None, saved: Content, own_key: str
) -> list[Offer]:
    """What this person's pages kept and the saved content does not say; newest first. The one in
    the form at hand comes with ``is_shown``."""
    kept = autosaving.slots(request.user, article) if article else autosaving.new_ones(request.user)
    found = []
    for slot in kept[:MOST_OFFERED]:
        offer = _offer(form_class, slot, article, saved)
        if offer:
            found.append(replace(offer, is_shown=slot.key == own_key))
    return found


def restored(
    request: HttpRequest, form_class: type, article: Article | None, saved: Content
) -> tuple[Slot, Typed] | None:
    """What the address asks the form to show; None where there is no such thing, or it asks for
    nothing. ``1`` stands for the newest."""
    asked = request.GET.get(RESTORE, "")
    if request.method != "GET" or not asked:
        return None
    kept = autosaving.slots(request.user, article) if article else autosaving.new_ones(request.user)
    slot = next((one for one in kept if asked in ("1", one.key)), None)
    return (slot, as_typed.read(form_class, slot.form, saved)) if slot else None


def _offer(
    form_class: type, slot: Slot, article: Article | None, saved: Content | None = None
) -> Offer | None:
    if saved is None:
        saved = drafting.working(article) if article else as_typed.blank()
    typed = as_typed.read(form_class, slot.form, saved)
    comparison = compared.of(as_typed.differences(typed, saved))
    if not comparison:
        return None
    name = "change" if article else "add"
    address = reverse(f"admin:articles_article_{name}", args=[article.pk] if article else [])
    return Offer(
        slot,
        title=str(typed.content.get("title") or "（还没有标题）"),
        at=said_of(slot.at),
        comparison=comparison,
        is_older=article is not None and slot.version < article.version,
        address=f"{address}?{urlencode({RESTORE: slot.key or 1})}",
    )
