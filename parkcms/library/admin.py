from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parkcms.ledger.admin import RecordingAdmin

from . import pictures
from .models import Picture


class PictureForm(forms.ModelForm):
    """A picture's facts, with the file where it is new. The file is checked first."""

    file = forms.FileField(
        label="图片文件",
        help_text="JPEG、PNG、WebP、AVIF、GIF，25 MB 以内；拍摄地点等信息会被去掉。",
    )

    class Meta:
        model = Picture
        fields = (
            "alt_zh",
            "alt_en",
            "caption_zh",
            "caption_en",
            "credit",
            "rights",
            "is_rendering",
            "is_decorative",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["file"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.prepared = pictures.prepare(file)
        except pictures.PictureError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        known = Picture.objects.filter(sha256=self.prepared.sha256).first()
        if known:
            raise forms.ValidationError(
                f"这张图片已在图库：“{known}”（编号 {known.pk}），请直接选用。",
                code="known_picture",
            )
        return file

    def clean(self) -> dict:
        cleaned = super().clean()
        if not cleaned.get("alt_zh") and not cleaned.get("is_decorative"):
            self.add_error(
                "alt_zh",
                forms.ValidationError(
                    "请用一句话写出图上有什么；纯装饰的图请勾选“纯装饰”。", code="alt_missing"
                ),
            )
        return cleaned


@admin.register(Picture)
class PictureAdmin(RecordingAdmin):
    form = PictureForm
    list_display = ("preview", "__str__", "size", "credit", "rights", "created_at")
    list_display_links = ("preview", "__str__")
    list_filter = ("rights", "is_rendering")
    search_fields = ("alt_zh", "caption_zh", "credit")
    readonly_fields = ("preview", "size", "address")
    show_full_result_count = False
    list_per_page = 40

    def get_fieldsets(self, request: HttpRequest, obj: Picture | None = None) -> list:
        first = ["preview", "size", "address"] if obj else ["file"]
        return [
            (None, {"fields": first}),
            ("图上有什么", {"fields": ["alt_zh", "alt_en", "is_decorative"]}),
            (
                "图注与权利",
                {"fields": ["caption_zh", "caption_en", "credit", "rights", "is_rendering"]},
            ),
        ]

    def save_model(
        self, request: HttpRequest, obj: Picture, form: PictureForm, change: bool
    ) -> None:
        if not change:
            obj.uploaded_by = request.user
            obj.keep(form.prepared)
        super().save_model(request, obj, form, change)

    @admin.display(description="预览")
    def preview(self, picture: Picture) -> SafeString | str:
        if not picture.forms:
            return "—"
        return format_html(
            '<img src="{}" alt="{}" width="120" loading="lazy" class="thumb">',
            picture.url("thumb"),
            picture.alt_zh,
        )

    @admin.display(description="像素")
    def size(self, picture: Picture) -> str:
        return f"{picture.width}×{picture.height}"

    @admin.display(description="正文里用的地址")
    def address(self, picture: Picture) -> SafeString:
        return format_html(
            '<input class="vTextField copyable" readonly value="{}">', picture.url("wide")
        )
