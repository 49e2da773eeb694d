from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from taggit.models import ItemBase, TagBase

from parkcms.addresses import moving
from parkcms.language import pinyin
from parkcms.language.names import Named, localized, marked
from parkcms.publication.models import Publishable


class Category(Named, Publishable):
    """The shelf an article stands on: one each, shown in its trail."""

    name_zh = models.CharField("名称", max_length=60, unique=True)
    slug = models.SlugField("地址名", max_length=60, unique=True, blank=True)
    description_zh = models.CharField("说明", max_length=200, blank=True)
    description_en = models.CharField("说明（英文）", max_length=300, blank=True)
    position = models.PositiveSmallIntegerField("次序", default=100)

    class Meta:
        verbose_name = "分类"
        verbose_name_plural = "分类"
        ordering = ["position", "id"]
        constraints = [*Publishable.Meta.constraints]

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.slug:
            self.slug = pinyin.unique_slug(
                self.name_zh,
                lambda slug: Category.objects.filter(slug=slug).exclude(pk=self.pk).exists(),
            )
        with moving.followed(self, "slug", saved=kwargs.get("update_fields")):
            super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("articles:category", args=[self.slug])

    @property
    def description(self) -> str:
        return marked(self, "description")

    @property
    def plain_description(self) -> str:
        return localized(self, "description")


class Tag(TagBase):
    """A topic an article is filed under, beside its category; its address name is pinyin."""

    name_en = models.CharField("英文名", max_length=100, blank=True)

    class Meta:
        verbose_name = "标签"
        verbose_name_plural = "标签"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        with moving.followed(self, "slug", saved=kwargs.get("update_fields")):
            super().save(*args, **kwargs)

    def slugify(self, tag: str, i: int | None = None) -> str:
        """ASCII by pinyin; taggit asks again with i = 1, 2 … while the name is taken."""
        slug = pinyin.slug(tag)
        return slug if i is None else f"{slug}-{i + 1}"

    def get_absolute_url(self) -> str:
        return reverse("articles:tag", args=[self.slug])

    @property
    def name_zh(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name

    @property
    def marked_name(self) -> str:
        return marked(self, "name")


class Tagging(ItemBase):
    """An article under a tag. ``publish_at`` is the article's own, kept by a trigger, so that a
    tag's page walks one index from the newest and never sorts what it does not show."""

    content_object = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="taggings"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    publish_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "标签关系"
        verbose_name_plural = "标签关系"
        constraints = [
            models.UniqueConstraint(fields=["tag", "content_object"], name="articles_tagged_once")
        ]
        indexes = [
            models.Index(
                fields=["tag", "-publish_at", "-content_object"], name="articles_tagging_newest"
            )
        ]
