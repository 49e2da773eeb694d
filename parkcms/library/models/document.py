import re
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.db import models
from django.template.defaultfilters import filesizeformat

from .. import documents, names, stored
from .shelved import Former, Shelved, ShelvedQuerySet

_ADDRESS = re.compile(r"/media/documents/([0-9a-f]{2})/([0-9a-f]{30})\.(?:pdf|docx|xlsx)", re.ASCII)


class DocumentQuerySet(ShelvedQuerySet):
    def at(self, start: str) -> "Document | None":
        """The document whose file, now or before it was replaced, begins its fingerprint so."""
        is_now = models.Q(sha256__startswith=start)
        was = models.Exists(
            FormerDocument.objects.filter(document=models.OuterRef("pk"), sha256__startswith=start)
        )
        rows = self.annotate(is_now=models.Case(models.When(is_now, then=0), default=1))
        return rows.filter(is_now | was).order_by("is_now").first()

    def linked_in(self, html: str) -> dict[str, "Document"]:
        """Each address of a document in the text, with its document. A query for each."""
        found = {one.group(0): one.group(1) + one.group(2) for one in _ADDRESS.finditer(html)}
        rows = {url: self.at(start) for url, start in found.items()}
        return {url: row for url, row in rows.items() if row}


class Document(Shelved):
    """A file visitors take home: a brochure, a form, a table of prices."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        DOCX = "docx", "Word"
        XLSX = "xlsx", "Excel"

    folder = "documents"
    of_the_file = ("sha256", "kind", "size_bytes")

    title = models.CharField(
        "名称",
        max_length=names.LONGEST,
        blank=True,
        help_text="读者看到的名字，也是下载后的文件名；不写就用文件名，如“园区手册 2026”。",
    )
    kind = models.CharField("格式", max_length=4, choices=Kind.choices, editable=False)
    size_bytes = models.PositiveIntegerField("大小（字节）", editable=False)
    credit = models.CharField(
        "出处", max_length=100, blank=True, help_text="谁出的这份文件，如“某某园区管委会”。"
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = "文件"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title or self.name or f"文件 {self.pk}"

    @classmethod
    def prepared(cls, file: BinaryIO, name: str) -> documents.Checked:
        return documents.check(file, name)

    def save(self, *args: object, **kwargs: object) -> None:
        self.title = names.cleaned(self.title) or names.stem(self.name)
        super().save(*args, **kwargs)

    def keep(self, prepared: documents.Checked) -> None:
        self.sha256, self.kind = prepared.sha256, prepared.kind
        self.size_bytes = len(prepared.data)
        stored.put(self.path, prepared.data)

    @property
    def path(self) -> str:
        """The name of the file within the media folder."""
        return stored.path_of(self.folder, self.sha256, f".{self.kind}")

    @property
    def url(self) -> str:
        return default_storage.url(self.path)

    @property
    def download_name(self) -> str:
        """What the file is called on the reader's machine."""
        return f"{self.title or self.pk}.{self.kind}"

    @property
    def said_of_file(self) -> str:
        return f"{self.get_kind_display()}，{filesizeformat(self.size_bytes)}"


class FormerDocument(Former):
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="former_files")

    class Meta:
        verbose_name = "文件的旧版本"
        verbose_name_plural = "文件的旧版本"
        default_permissions = ()
