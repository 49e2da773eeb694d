import re
from typing import BinaryIO, Self

from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from .. import pictures, stored
from .shelved import Former, Shelved, ShelvedQuerySet

# As files are named; an address that was typed by hand in capitals is none of ours.
_ADDRESS = re.compile(
    r"/media/pictures/([0-9a-f]{2})/([0-9a-f]{30})-[a-z]+\.(?:jpg|webp|png|avif)", re.ASCII
)
MIDDLE = 50  # percent


class PictureQuerySet(ShelvedQuerySet):
    def named(self, text: str) -> Self:
        return self.filter(Q(alt_zh__icontains=text) | Q(caption_zh__icontains=text))

    def pending(self) -> Self:
        """Pictures that came many at once or with a text, and nobody has described yet."""
        return self.filter(is_pending=True)

    def without_avif(self) -> Self:
        """Pictures wide enough for an AVIF form that have none."""
        first = pictures.AVIF_SIZES[0]
        return self.filter(width__gte=pictures.SIZES[first]).exclude(
            forms__contains=[[first, "avif"]]
        )

    def shown_in(self, html: str) -> dict[str, "Picture"]:
        """Each address of a library picture in the text, with its picture. One query.

        An address from before a file was replaced leads to the picture that has the new one;
        an address of no picture is left out.
        """
        found = {one.group(0): one.group(1) + one.group(2) for one in _ADDRESS.finditer(html)}
        if not found:
            return {}
        begin, began = Q(), Q()
        for start in sorted(set(found.values())):
            begin |= Q(sha256__startswith=start)
            began |= Q(former_files__sha256__startswith=start)
        rows = self.order_by()
        now = rows.filter(begin).annotate(named_by=F("sha256"), is_former=models.Value(False))
        then = rows.filter(began).annotate(
            named_by=F("former_files__sha256"), is_former=models.Value(True)
        )
        known: dict[str, Picture] = {}
        for picture in sorted(now.union(then, all=True), key=lambda row: row.is_former):
            known.setdefault(picture.named_by[: stored.DIGITS], picture)
        return {url: known[start] for url, start in found.items() if start in known}


class Picture(Shelved):
    """A picture of the library: what it shows, whose it is, and its encoded forms.

    ``forms`` lists every stored form as ``[name, suffix, width, height]``: reading it costs no
    query, and a page can only ask for what is in it. Files are named by the sha256 of the upload,
    so a name never changes its content and may be cached for ever.
    """

    folder = "pictures"
    of_the_file = ("sha256", "width", "height", "forms")

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
    is_rendering = models.BooleanField(
        "效果图", default=False, help_text="效果图必须标明（《房地产广告发布规定》）。"
    )
    is_decorative = models.BooleanField(
        "纯装饰", default=False, help_text="不含信息的装饰图，可以没有替代文字。"
    )
    is_pending = models.BooleanField("待补说明", default=False, editable=False)
    focal_x = models.PositiveSmallIntegerField(
        "焦点：从左（%）", default=MIDDLE, validators=[MaxValueValidator(100)]
    )
    focal_y = models.PositiveSmallIntegerField(
        "焦点：从上（%）",
        default=MIDDLE,
        validators=[MaxValueValidator(100)],
        help_text="卡片和头图会裁边：点一下预览，定下一定要留在画面里的地方。",
    )

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = "图片"
        verbose_name_plural = "图片"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="library_picture_says_what_it_shows",
                condition=~Q(alt_zh="") | Q(is_decorative=True) | Q(is_pending=True),
                violation_error_message="请写替代文字，或勾选“纯装饰”。",
            ),
            models.CheckConstraint(
                name="library_picture_focus_within_it",
                condition=Q(focal_x__lte=100, focal_y__lte=100),
                violation_error_message="焦点的两个数都在 0 到 100 之间。",
            ),
        ]

    def __str__(self) -> str:
        return self.caption_zh or self.alt_zh or self.name or f"图片 {self.pk}"

    @classmethod
    def prepared(cls, file: BinaryIO, name: str) -> pictures.Prepared:
        return pictures.prepare(file)

    def keep(self, prepared: pictures.Prepared) -> None:
        self.sha256, self.width, self.height = prepared.sha256, prepared.width, prepared.height
        self.forms = []
        self.put(prepared.forms)

    def put(self, forms: "list[pictures.Encoded] | tuple[pictures.Encoded, ...]") -> None:
        """Store encoded forms and list those that are new; does not save the row."""
        listed = {(name, suffix) for name, suffix, *_ in self.forms}
        for form in forms:
            stored.put(self._file_name(form.name, form.suffix), form.data)
            if (form.name, form.suffix) not in listed:
                self.forms.append([form.name, form.suffix, form.width, form.height])

    def taken(self) -> None:
        """Has the worker add the AVIF forms, once the transaction at hand stands."""
        if self.width >= pictures.SIZES[pictures.AVIF_SIZES[0]]:
            self.encode_later()

    def encode_later(self, *, is_only_one: bool = False) -> bool:
        """False where ``is_only_one`` and such a job waits already."""
        lock = f"library-avif-{self.pk}" if is_only_one else None
        try:
            app.configure_task("library.encode_avif", queueing_lock=lock).defer(picture_id=self.pk)
        except AlreadyEnqueued:
            return False
        return True

    def original(self) -> str:
        """The name of the cleaned original within the media folder."""
        suffix = next((s for name, s, *_ in self.forms if name == "original"), "jpg")
        return self._file_name("original", suffix)

    def url(self, name: str = "body", suffix: str = "jpg") -> str:
        """Address of the largest stored form that is no larger than the named size."""
        known = {form[0] for form in self.forms if form[1] == suffix}
        sizes = list(pictures.SIZES)
        for size in reversed(sizes[: sizes.index(name) + 1]):
            if size in known:
                return default_storage.url(self._file_name(size, suffix))
        return default_storage.url(self._file_name("thumb", suffix))

    def srcset(self, suffix: str) -> str:
        """The srcset value over all stored widths of one format; '' where there are none."""
        forms = [form for form in self.forms if form[1] == suffix and form[0] != "original"]
        urls = ((default_storage.url(self._file_name(name, s)), w) for name, s, w, _ in forms)
        return ", ".join(f"{url} {width}w" for url, width in urls)

    @property
    def sources(self) -> list[tuple[str, str]]:
        """(format, srcset) of what a browser is offered before the JPEG, the smallest first."""
        offered = [(suffix, self.srcset(suffix)) for suffix in ("avif", "webp")]
        return [(suffix, srcset) for suffix, srcset in offered if srcset]

    @property
    def focus_class(self) -> str:
        """Classes of base.css that keep the focal point in a cropped picture: ``fx-30 fy-70``.

        In steps of ten; '' for the middle, which is where a browser crops to by itself.
        """
        steps = [(5 + value) // 10 * 10 for value in (self.focal_x, self.focal_y)]
        return "" if steps == [MIDDLE, MIDDLE] else "fx-{} fy-{}".format(*steps)

    @property
    def said_of_file(self) -> str:
        return f"{self.width}×{self.height}"

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
        return stored.path_of(self.folder, self.sha256, f"-{name}.{suffix}")


class FormerFile(Former):
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="former_files")

    class Meta:
        verbose_name = "图片的旧文件"
        verbose_name_plural = "图片的旧文件"
        default_permissions = ()
