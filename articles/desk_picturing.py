"""Pictures for the editor: the list it chooses from, one fetched from another site, and those that
were sent within a text."""

from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from parkcms.library import pictures
from parkcms.library.models import Picture
from parkcms.library.refusals import Refused
from parkcms.outbox import door

from . import picturing
from .models import Article

SHOWN = 24
LONGEST = 60
LONGEST_URL = 2_000
CLOSED = "本站没有打开取外部图片（PARKCMS_FETCH_PICTURES），请另存后上传。"
_WHY = {
    "unknown_host": "没有这个网站，请另存后上传。",
    "private": "这个地址在内部网络里，不能取。",
    "timeout": "对方太久没有回答，请稍后再试，或另存后上传。",
    "tls": "对方的证书有问题，没有取。请另存后上传。",
    "too_large": f"图片超过 {pictures.MAX_BYTES // 2**20} MB，请压缩后上传。",
    "too_many": "这个地址转来转去，没有取到。请另存后上传。",
}


class PicturingAdmin(admin.ModelAdmin):
    """Takes the pictures within a posted body into the library, once the whole form is right."""

    def save_model(self, request: HttpRequest, obj: Article, form: ModelForm, change: bool) -> None:
        if brought := getattr(form, "brought", ""):
            taken = picturing.take_in(brought, request.user)
            obj.body = taken.body
            if waiting := [row for row in taken.pictures if row.is_pending]:
                self.message_user(request, to_describe(waiting), messages.WARNING)
        if left_out := getattr(form, "left_out", None):
            text = (
                f"{picturing.said_of(left_out)}，正文里标出来了：请换成图库里的图，或把那一行删掉。"
            )
            self.message_user(request, text, messages.WARNING)
        super().save_model(request, obj, form, change)


def to_describe(rows: list[Picture]) -> SafeString:
    """How many pictures want a description, with a link to each."""
    links = format_html_join(
        " ",
        '<a href="{}">图 {}</a>',
        ((reverse("admin:library_picture_change", args=[row.pk]), row.pk) for row in rows),
    )
    return SafeString(f"{len(rows)} 张图已进图库，发布前要写图上有什么：") + links


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    guard = model_admin.admin_site.admin_view

    def fetch(request: HttpRequest) -> HttpResponse:
        return _fetch(model_admin, request)

    def listed(request: HttpRequest) -> HttpResponse:
        return _listed(model_admin, request)

    return [
        path("fetch-picture/", guard(require_POST(fetch)), name="articles_article_fetch_picture"),
        path("pictures/", guard(require_safe(listed)), name="articles_article_pictures"),
    ]


def told(row: Picture) -> dict[str, Any]:
    """What the editor's scripts are told of a picture."""
    return {
        "id": row.pk,
        "url": row.url("wide"),
        "thumb": row.url("thumb"),
        "alt": row.alt_zh,
        "caption": row.caption_zh,
        "credit": row.credit,
        "name": row.name,
        "is_rendering": row.is_rendering,
        "is_pending": row.is_pending,
        "change_url": reverse("admin:library_picture_change", args=[row.pk]),
    }


def _check_writes(model_admin: admin.ModelAdmin, request: HttpRequest) -> None:
    if not (model_admin.has_add_permission(request) or model_admin.has_change_permission(request)):
        raise PermissionDenied


def _listed(model_admin: admin.ModelAdmin, request: HttpRequest) -> JsonResponse:
    """The newest pictures that hold every word of ``q``."""
    _check_writes(model_admin, request)
    if not request.user.has_perm("library.view_picture"):
        raise PermissionDenied
    rows = Picture.objects.exclude(forms=[]).order_by("-pk")
    for term in request.GET.get("q", "").replace("\x00", "")[:LONGEST].split():
        fields = ("alt_zh", "caption_zh", "name", "credit", "keywords")
        rows = rows.filter(Q(*((f"{name}__icontains", term) for name in fields), _connector=Q.OR))
    return JsonResponse({"results": [told(row) for row in rows[:SHOWN]]})


def _fetch(model_admin: admin.ModelAdmin, request: HttpRequest) -> JsonResponse:
    """One picture of another site, into the library; 422 with ``error`` where that can't be."""
    _check_writes(model_admin, request)
    if not request.user.has_perm("library.add_picture"):
        raise PermissionDenied
    url = request.POST.get("url", "").replace("\x00", "").strip()
    try:
        if not url or len(url) > LONGEST_URL:
            raise Refused("address", "没有图片地址，或地址太长。")
        row = _take(url, request)
    except Refused as error:
        return JsonResponse({"error": str(error), "code": error.code}, status=422)
    return JsonResponse(told(row))


def _take(url: str, request: HttpRequest) -> Picture:
    try:
        data = door.get(url, purpose="pictures", most_bytes=pictures.MAX_BYTES)
    except door.Closed as error:
        why = CLOSED if error.code == "closed" else _WHY.get(error.code)
        raise Refused(error.code, why or "对方没有给这张图，请另存后上传。") from error
    try:
        name = PurePosixPath(unquote(urlsplit(url).path)).name
        return Picture.objects.take(BytesIO(data), request.user, is_pending=True, name=name)[0]
    except ValidationError as error:
        raise Refused("invalid", " ".join(error.messages)) from error
