from typing import BinaryIO, Self

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import get_language

from . import pictures


class PictureQuerySet(models.QuerySet):
    def add(self, file: BinaryIO, **fields: object) -> "Picture":
        """Take a file in: check, re-encode, store, and make the row. Known bytes give
        the known row.

        Raises ``pictures.PictureError`` or ValidationError; then nothing is stored.
        """
        prepared = pictures.prepare(file)
        known = self.filter(sha256=prepared.sha256).first()
        if known:
            return known
        picture = self.model(**fields)
        picture.full_clean(exclude=("sha256", "width", "height", "forms"))
        picture.keep(prepared)
        picture.save()
        return picture

    def named(self, text: str) -> Self:
        return self.filter(models.Q(alt_zh__icontains=text) | models.Q(caption_zh__icontains=text))


class Picture(models.Model):
    """A picture of the library: what it shows, whose it is, and its encoded forms.

    ``forms`` lists every stored form as ``[name, suffix, width, height]``: reading it costs no
    query, and a page can only ask for what is in it. Files are named by the sha256 of the upload,
    so a name never changes its content and may be cached for ever.
    """

    class Rights(models.TextChoices):
        OWN = "own", "自有版权"
        LICENSED = "licensed", "已获授权"
        PUBLIC = "public", "公有或开放许可"
        UNVERIFIED = "unverified", "待核实"

    sha256 = models.CharField("指纹", max_length=64, unique=True, editable=False)
    width = models.PositiveIntegerField("宽（像素）", editable=False)
    height = models.PositiveIntegerField("高（像素）", editable=False)
    forms = models.JSONField("各尺寸", default=list, editable=False)
    alt_zh = models.CharField(
        "替代文字",
        max_length=200,
        blank=True,
        help_text="读屏软件念给看不到图的人听，如“二期开工仪式现场，台上十余人执铲”。",
    )
    alt_en = models.CharField("替代文字（英文）", max_length=300, blank=True)
    caption_zh = models.CharField("图注", max_length=200, blank=True)
    caption_en = models.CharField("图注（英文）", max_length=300, blank=True)
    credit = models.CharField(
        "署名", max_length=100, blank=True, help_text="摄影者或出处，如“摄影：某某”。"
    )
    rights = models.CharField(
        "权利", max_length=12, choices=Rights.choices, default=Rights.UNVERIFIED
    )
    is_rendering = models.BooleanField(
        "效果图", default=False, help_text="效果图必须标明（《房地产广告发布规定》）。"
    )
    is_decorative = models.BooleanField(
        "纯装饰", default=False, help_text="不含信息的装饰图，可以没有替代文字。"
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="上传人",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = "图片"
        verbose_name_plural = "图片"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="library_picture_says_what_it_shows",
                condition=~models.Q(alt_zh="") | models.Q(is_decorative=True),
                violation_error_message="请写替代文字，或勾选“纯装饰”。",
            )
        ]

    def __str__(self) -> str:
        return self.caption_zh or self.alt_zh or f"图片 {self.pk}"

    def keep(self, prepared: pictures.Prepared) -> None:
        """Store the files of ``prepared`` and point this row at them; does not save the row."""
        self.sha256, self.width, self.height = prepared.sha256, prepared.width, prepared.height
        self.forms = []
        for form in prepared.forms:
            name = self._file_name(form.name, form.suffix)
            if not default_storage.exists(name):
                default_storage.save(name, ContentFile(form.data))
            self.forms.append([form.name, form.suffix, form.width, form.height])

    def url(self, name: str = "body", suffix: str = "jpg") -> str:
        """Address of the largest stored form that is no larger than the named size."""
        known = {form[0] for form in self.forms if form[1] == suffix}
        sizes = list(pictures.SIZES)
        for size in reversed(sizes[: sizes.index(name) + 1]):
            if size in known:
                return default_storage.url(self._file_name(size, suffix))
        return default_storage.url(self._file_name("thumb", suffix))

    def srcset(self, suffix: str) -> str:
        """The srcset value over all stored widths of one format."""
        forms = [form for form in self.forms if form[1] == suffix and form[0] != "original"]
        urls = ((default_storage.url(self._file_name(name, s)), w) for name, s, w, _ in forms)
        return ", ".join(f"{url} {width}w" for url, width in urls)

    @property
    def alt(self) -> str:
        return "" if self.is_decorative else self._in_language("alt")

    @property
    def caption(self) -> str:
        return self._in_language("caption")

    def _in_language(self, field: str) -> str:
        if get_language() == "en":
            return getattr(self, f"{field}_en") or getattr(self, f"{field}_zh")
        return getattr(self, f"{field}_zh")

    def _file_name(self, name: str, suffix: str) -> str:
        return f"pictures/{self.sha256[:2]}/{self.sha256[2:32]}-{name}.{suffix}"
