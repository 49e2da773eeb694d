from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parkcms.ledger.admin import RecordingAdmin

from . import names, stored
from .desk_replacing import ReplacingAdmin
from .desk_uploading import UploadingAdmin
from .desk_uses import UnusedFilter, UsesAdmin
from .models import Document, Picture, Shelved
from .refusals import Refused, empty


class ShelvedForm(forms.ModelForm):
    """A row's facts, with the file where it is new. The file is checked first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["file"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        name = names.cleaned(file.name or "")
        try:
            empty(file.size)
            self.prepared = self._meta.model.prepared(file, name)
        except Refused as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        # Whoever sends the same file at this moment waits here until this one stands.
        stored.hold(self.prepared.sha256)
        known = self._meta.model.objects.known_by(self.prepared.sha256)
        if known:
            raise forms.ValidationError(
                f"早已上传过：“{known}”（编号 {known.pk}），请直接选用。",
                code=f"known_{known._meta.model_name}",
            )
        self.instance.name = name
        return file


class PictureForm(ShelvedForm):
    file = forms.FileField(
        label="图片文件",
        allow_empty_file=True,
        help_text="JPEG、PNG、WebP、AVIF、GIF，25 MB 以内；拍摄地点等信息会被去掉。",
    )

    class Meta:
        model = Picture
        fields = (
            "alt_zh",
            "alt_en",
            "is_decorative",
            "caption_zh",
            "caption_en",
            "keywords",
            "credit",
            "rights",
            "is_rendering",
            "focal_x",
            "focal_y",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_pending = self.instance.is_pending

    def clean(self) -> dict:
        cleaned = super().clean()
        if not cleaned.get("alt_zh") and not cleaned.get("is_decorative"):
            self.add_error(
                "alt_zh",
                forms.ValidationError(
                    "请用一句话写出图上有什么；纯装饰的图请勾选“纯装饰”。", code="alt_missing"
                ),
            )
        else:
            self.instance.is_pending = False
        return cleaned


class DocumentForm(ShelvedForm):
    file = forms.FileField(
        label="文件",
        allow_empty_file=True,
        help_text="PDF、Word（.docx）、Excel（.xlsx），50 MB 以内；带宏、脚本或附件的不收。",
    )

    class Meta:
        model = Document
        fields = ("title", "keywords", "credit", "rights")


class ShelvedAdmin(UploadingAdmin, ReplacingAdmin, UsesAdmin, RecordingAdmin):
    """What pictures and documents have in common at the desk."""

    show_full_result_count = False
    list_per_page = 48

    def save_model(
        self, request: HttpRequest, obj: Shelved, form: ShelvedForm, change: bool
    ) -> None:
        if not change:
            obj.uploaded_by = request.user
            obj.keep(form.prepared)
        super().save_model(request, obj, form, change)
        if not change:
            obj.taken()


@admin.register(Picture)
class PictureAdmin(ShelvedAdmin):
    form = PictureForm
    list_display = ("preview", "shown", "facts", "marks")
    list_display_links = ("shown",)
    sortable_by = ()
    list_filter = ("is_pending", "rights", "is_rendering", UnusedFilter)
    search_fields = ("name", "alt_zh", "caption_zh", "credit", "keywords")
    search_help_text = "按文件名、替代文字、图注、署名、标签找。"
    readonly_fields = ("focus_preview", "size", "name", "address")
    upload_fields = {"is_pending": True}
    upload_accept = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/bmp,image/tiff"
    upload_words = "图片"
    upload_limits = "JPEG、PNG、WebP、AVIF、GIF，每张 25 MB 以内。传好后请逐张补上说明。"

    def get_fieldsets(self, request: HttpRequest, obj: Picture | None = None) -> list:
        first = ["focus_preview", ("focal_x", "focal_y"), "size", "name", "address"]
        return [
            (None, {"fields": first if obj else ["file"]}),
            ("图上有什么", {"fields": ["alt_zh", "alt_en", "is_decorative"]}),
            (
                "图注与权利",
                {"fields": ["caption_zh", "caption_en", "credit", "rights", "is_rendering"]},
            ),
            ("怎么找到它", {"fields": ["keywords"]}),
        ]

    def told(self, row: Picture) -> dict[str, Any]:
        return {
            "url": row.url("wide"),
            "thumb": row.url("thumb"),
            "width": row.width,
            "height": row.height,
            "alt": row.alt_zh,
            "is_pending": row.is_pending,
        }

    def _values(self, obj: Picture, form: PictureForm) -> dict[str, Any]:
        """Beside what was typed: that a picture wants no description any more."""
        values = super()._values(obj, form)
        return values | {"is_pending": obj.is_pending} if form.was_pending else values

    @admin.display(description="预览")
    def preview(self, picture: Picture) -> SafeString | str:
        if not picture.forms:
            return "—"
        return format_html(
            '<img src="{}" alt="" width="240" height="{}" loading="lazy" class="{}">',
            picture.url("thumb"),
            max(1, round(240 * picture.height / picture.width)),
            "thumb",
        )

    @admin.display(description="图片")
    def shown(self, picture: Picture) -> str:
        return picture.alt_zh or str(picture)

    @admin.display(description="像素")
    def facts(self, picture: Picture) -> str:
        return " · ".join(filter(None, [self.size(picture), picture.credit]))

    @admin.display(description="状态", empty_value="")
    def marks(self, picture: Picture) -> SafeString:
        marks = (
            ("待补说明", picture.is_pending),
            ("效果图", picture.is_rendering),
            ("权利待核实", picture.rights == Picture.Rights.UNVERIFIED),
        )
        return format_html_join(
            " ",
            '<span class="state" data-state="{0}">{0}</span>',
            ([word] for word, is_so in marks if is_so),
        )

    @admin.display(description="预览")
    def focus_preview(self, picture: Picture) -> SafeString | str:
        """The whole picture, and what two crops leave of it; a script lets a click choose."""
        if not picture.forms:
            return "—"
        return format_html(
            '<span class="focal" data-focal><img src="{0}" alt="{1}" width="{2}" height="{3}">'
            '</span><span class="crops" data-crops hidden aria-hidden="true">'
            '<img src="{0}" alt=""><img src="{0}" alt=""></span>',
            picture.url("body"),
            picture.alt_zh,
            picture.width,
            picture.height,
        )

    @admin.display(description="像素")
    def size(self, picture: Picture) -> str:
        return picture.said_of_file

    @admin.display(description="正文里用的地址")
    def address(self, picture: Picture) -> SafeString:
        return _copyable(picture.url("wide"))


@admin.register(Document)
class DocumentAdmin(ShelvedAdmin):
    form = DocumentForm
    list_display = ("__str__", "kind", "weight", "name", "rights", "created_at")
    list_filter = ("kind", "rights", UnusedFilter)
    search_fields = ("title", "name", "credit", "keywords")
    search_help_text = "按名称、文件名、出处、标签找。"
    readonly_fields = ("size", "name", "address")
    upload_accept = ".pdf,.docx,.xlsx"
    upload_words = "文件"
    upload_limits = "PDF、Word（.docx）、Excel（.xlsx），每份 50 MB 以内；带宏、脚本或附件的不收。"

    def get_fieldsets(self, request: HttpRequest, obj: Document | None = None) -> list:
        first = ["title", "size", "name", "address"] if obj else ["file", "title"]
        return [
            (None, {"fields": first}),
            ("从哪里来、怎么找到它", {"fields": ["credit", "rights", "keywords"]}),
        ]

    def told(self, row: Document) -> dict[str, Any]:
        return {"url": row.url, "title": row.title, "kind": row.kind, "size_bytes": row.size_bytes}

    @admin.display(description="大小", ordering="size_bytes")
    def weight(self, document: Document) -> str:
        return filesizeformat(document.size_bytes)

    @admin.display(description="大小")
    def size(self, document: Document) -> str:
        return document.said_of_file

    @admin.display(description="下载地址")
    def address(self, document: Document) -> SafeString:
        return _copyable(document.url)


def _copyable(url: str) -> SafeString:
    return format_html(
        '<input class="vTextField copyable" readonly value="{}" aria-label="地址">', url
    )
