from typing import Any, BinaryIO, ClassVar, Self

from django.conf import settings
from django.db import models, transaction

from parkcms.ledger.models import Act
from parkcms.people.models import User

from .. import names, stored, uses
from ..refusals import Refused


class Known(Refused):
    """The file is in the library already; ``row`` is the one that has or had it."""

    def __init__(self, row: "Shelved", message: str) -> None:
        super().__init__(f"known_{row._meta.model_name}", message)
        self.row = row


class ShelvedQuerySet(models.QuerySet):
    def add(self, file: BinaryIO, **fields: object) -> Any:
        """Take a file in: check, store, and make the row. Known bytes give the known row.

        ``name`` among the fields is the file's; it is the upload's own where it is not given.
        Raises ``Refused`` or ValidationError; then nothing is stored.
        """
        return self._taken(file, fields)[0]

    def take(self, file: BinaryIO, by: User, **fields: object) -> tuple[Any, bool]:
        """As ``add``, by a person: the row, and whether it is new; a new one is an Act."""
        with transaction.atomic():
            row, is_new = self._taken(file, fields | {"uploaded_by": by})
            if is_new:
                Act.record(by, "add", row, after={"name": row.name})
        return row, is_new

    def known_by(self, sha256: str) -> Any:
        """The row that has this file, or had it before it was replaced; or None. Two queries."""
        return (
            self.filter(sha256=sha256).first() or self.filter(former_files__sha256=sha256).first()
        )

    def unused(self) -> Self:
        """Rows that nothing on the site points to."""
        return self.filter(*(~found for found in uses.each_use(self.model)))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes the rows; their files go after the commit."""
        fingerprints = list(self.values_list("sha256", flat=True))
        done = super().delete()
        for sha256 in fingerprints:
            stored.forget_after_commit(self.model, sha256)
        return done

    delete.alters_data = True
    delete.queryset_only = True

    def _taken(self, file: BinaryIO, fields: dict) -> tuple[Any, bool]:
        fields = dict(fields)
        fields["name"] = names.cleaned(str(fields.get("name") or getattr(file, "name", "") or ""))
        prepared = self.model.prepared(file, fields["name"])
        with transaction.atomic():
            stored.hold(prepared.sha256)
            if known := self.known_by(prepared.sha256):
                return known, False
            row = self.model(**fields)
            row.full_clean(exclude=row.of_the_file)
            row.keep(prepared)
            row.save()
            row.taken()
        return row, True


class Shelved(models.Model):
    """What the library keeps: a file under its fingerprint, whose it is, and how it is found.

    A kind of its own gives ``folder``, ``of_the_file`` (its columns that the file decides),
    ``prepared()`` and ``keep()``, and a model of former files with the name ``former_files``.
    """

    class Rights(models.TextChoices):
        OWN = "own", "自有版权"
        LICENSED = "licensed", "已获授权"
        PUBLIC = "public", "公有或开放许可"
        UNVERIFIED = "unverified", "待核实"

    folder: ClassVar[str]
    of_the_file: ClassVar[tuple[str, ...]]

    sha256 = models.CharField("指纹", max_length=64, unique=True, editable=False)
    name = models.CharField("文件名", max_length=names.LONGEST, blank=True, editable=False)
    keywords = models.CharField(
        "标签", max_length=200, blank=True, help_text="用逗号分开，如“厂房，航拍，二期”。"
    )
    credit = models.CharField(
        "署名", max_length=100, blank=True, help_text="摄影者或出处，如“摄影：某某”。"
    )
    rights = models.CharField(
        "权利", max_length=12, choices=Rights.choices, default=Rights.UNVERIFIED
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

    class Meta:
        abstract = True

    @classmethod
    def prepared(cls, file: BinaryIO, name: str) -> Any:
        """The file, checked, with its ``sha256``. Raises ``Refused``."""
        raise NotImplementedError

    def keep(self, prepared: Any) -> None:
        """Store the files of ``prepared`` and point this row at them; does not save the row."""
        raise NotImplementedError

    def taken(self) -> None:
        """What is to be done once the row stands with a new file."""

    def replace(self, file: BinaryIO, by: User, reason: str, name: str = "") -> None:
        """Another file for this row: every page that shows it shows the new one.

        Texts keep the old address, which still leads to this row. Raises ``Refused``: what is
        wrong with the file, or ``Known`` where it is this row's already or another's.
        """
        name = names.cleaned(name or getattr(file, "name", "") or "")
        prepared = self.prepared(file, name)
        with transaction.atomic():
            stored.hold(prepared.sha256)
            # The worker adds forms to this row: it waits, and then finds another fingerprint.
            stood = type(self).objects.select_for_update().get(pk=self.pk)
            self._refuse_known(prepared.sha256)
            self.former_files.filter(sha256=prepared.sha256).delete()
            self.former_files.create(sha256=stood.sha256)
            self.keep(prepared)
            self.name = name or stood.name
            self.save(update_fields=[*self.of_the_file, "name"])
            self.taken()
            before, after = ({"name": row.name, "file": row.said_of_file} for row in (stood, self))
            Act.record(by, "replace", self, reason=reason, before=before, after=after)
            stored.forget_after_commit(type(self), stood.sha256)

    def _refuse_known(self, sha256: str) -> None:
        known = type(self).objects.known_by(sha256)
        if known and known.pk != self.pk:
            raise Known(known, f"这个文件是另一条：“{known}”（编号 {known.pk}），请直接选用。")
        if known and known.sha256 == sha256:
            raise Known(known, "这就是现在的文件，没有什么可替换的。")

    @property
    def said_of_file(self) -> str:
        """The file in a few words, for an Act."""
        raise NotImplementedError

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        """Deletes the row; its files go after the commit."""
        done = super().delete(*args, **kwargs)
        stored.forget_after_commit(type(self), self.sha256)
        return done


class Former(models.Model):
    """A file a row had before it was replaced: texts may still name its address."""

    sha256 = models.CharField("指纹", max_length=64, unique=True, editable=False)
    replaced_at = models.DateTimeField("替换时间", auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.sha256[: stored.DIGITS]
