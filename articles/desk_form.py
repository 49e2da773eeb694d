"""The form of an article and the tables in it: what is wrong is said at its field.

The form shows what was saved last, which for a published article may be a draft that readers don't
see yet (articles/drafting.py).
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from parkcms.ledger.guarded import GuardedInline, NamedRows
from parkcms.publication.admin import PublishingForm

from . import citations, drafting, markup, pasting, picturing
from . import content as contents
from .models import Article, Citation, Mention, Tag


class ArticleForm(PublishingForm):
    """An article at the desk. ``version`` is the article's when the form was opened: what somebody
    else saved since is never written over unseen."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Article
        exclude = ()
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField wide-title"}),
            "summary_zh": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "summary_en": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = getattr(self.instance, "working_content", None)
        if said is not None:
            self.initial["tags"] = "，".join(said["tags"])
            self.initial["version"] = getattr(
                self.instance, "opened_version", self.instance.version
            )
            self.initial |= getattr(self.instance, "raw_initial", {})
        if "body" in self.fields:  # clean_body sees what came before anything is taken out
            self.fields["body"].sanitize = str

    @property
    def is_outdated(self) -> bool:
        """Whether somebody saved the article after this form was opened."""
        return self.has_error(forms.forms.NON_FIELD_ERRORS, "outdated")

    def clean_body(self) -> str:
        """Cleaned; ``brought`` is the text with the pictures that came within it, if any did, and
        ``left_out`` counts those that could not come."""
        written = self.cleaned_data["body"]
        text = pasting.tidy(written) if pasting.is_foreign(written) else written
        body = markup.clean(picturing.held(text))
        if len(body) > markup.MAX_CHARACTERS:
            raise forms.ValidationError(
                f"正文超过 {markup.MAX_CHARACTERS:,} 字符，请拆成几篇。", code="too_long"
            )
        if problems := picturing.problems(text):
            raise forms.ValidationError(
                [forms.ValidationError(said, code="picture_refused") for said in problems]
            )
        self.brought = text if picturing.count(text) else ""
        self.left_out = picturing.flags(text)
        if self.is_publishing and self.brought:
            said = "正文里有新贴的图：先保存草稿，到图库写好图上有什么，再发布。"
            raise forms.ValidationError(said, code="picture_pending")
        if self.is_publishing and self.left_out:
            said = picturing.said_of(self.left_out)
            raise forms.ValidationError(
                f"{said}，正文里标出来了：取回、换掉或删掉，再发布。", code="picture_left_out"
            )
        return body

    def clean_tags(self) -> list[str]:
        longest = Tag._meta.get_field("name").max_length
        for name in self.cleaned_data["tags"]:
            if len(name) > longest:
                raise forms.ValidationError(
                    f"标签“{name[:10]}…”超过 {longest} 字。", code="max_length"
                )
        return self.cleaned_data["tags"]

    def _clean_to_the_minute(self, name: str) -> Any:
        """The form knows minutes; one that says the same minute means the same moment."""
        value = self.cleaned_data[name]
        to_the_minute = value and value.replace(second=0, microsecond=0)
        stood = getattr(self.instance, name)
        is_same = stood and to_the_minute == stood.replace(second=0, microsecond=0)
        return stood if is_same else to_the_minute

    def clean_publish_at(self) -> Any:
        return self._clean_to_the_minute("publish_at")

    def clean_expire_at(self) -> Any:
        return self._clean_to_the_minute("expire_at")

    def clean(self) -> dict[str, Any]:
        cleaned = forms.ModelForm.clean(self) or self.cleaned_data
        self._check_version(cleaned)
        at, until = cleaned.get("publish_at"), cleaned.get("expire_at")
        if at and until and until <= at:
            self._refuse("expire_at", "到期时间要晚于发布时间。", "expires_first")
        return cleaned

    def _check_version(self, cleaned: dict[str, Any]) -> None:
        if self.instance.pk and cleaned.get("version") != self.instance.version:
            text = "您打开以后别人保存过这篇：两边的内容都在这一页上，没有丢。"
            self.add_error(None, forms.ValidationError(text, code="outdated"))

    def _get_validation_exclusions(self) -> set[str]:
        # A draft only plans its times; what they demand is asked when it is published.
        return {*super()._get_validation_exclusions(), "publish_at", "expire_at"}

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.is_publishing:
            return
        row = Article.objects.filter(pk=self.instance.pk).first() or Article()
        said = drafting.as_published(contents.own(self.instance), row)
        for one in drafting.obstacles_to(said, row):
            if one.field not in self.errors:
                self._refuse(one.field, one.sentence, one.code)

    def _refuse(self, field: str, message: str, code: str) -> None:
        error = forms.ValidationError(message, code=code)
        self.add_error(field if field in self.fields else None, error)


class ContentFormSet(NamedRows):
    """Rows of a content, not of a table: shown from the draft, and kept in it."""

    key = ""  # the field no two rows may share
    twice = ""

    def initial_form_count(self) -> int:
        return 0  # no row here has a key of its own

    def _construct_form(self, i: int, **kwargs: Any) -> forms.ModelForm:
        """The row behind a form says what the form shows: columns beside the fields ask it."""
        form = super()._construct_form(i, **kwargs)
        if not self.is_bound and i < len(self.initial_extra or ()):
            for name, value in self.initial_extra[i].items():
                setattr(form.instance, form.instance._meta.get_field(name).attname, value)
        return form

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.filled():
            value = form.cleaned_data.get(self.key)
            if value in seen:
                raise forms.ValidationError(self.twice, code="twice")
            seen.add(value)

    def filled(self) -> list[forms.ModelForm]:
        """The valid forms somebody typed into and did not mark as deleted."""
        return [
            form
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]


class MentionFormSet(ContentFormSet):
    key, twice = "park", "同一个园区写了两次。"

    @staticmethod
    def rows(content: contents.Content) -> list[dict]:
        return [{"park": park, "position": position} for park, position in content["parks"]]

    def content(self) -> list[list[int]]:
        rows = [
            (form.cleaned_data["position"], form.cleaned_data["park"].pk) for form in self.filled()
        ]
        return [[park, position] for position, park in sorted(rows, key=lambda row: row[0])]


class CitationFormSet(ContentFormSet):
    key, twice = "figure", "同一条数字引用了两次。"

    @staticmethod
    def rows(content: contents.Content) -> list[dict]:
        return content["citations"]

    def content(self) -> list[dict]:
        return [
            {
                "figure": form.cleaned_data["figure"].pk,
                "quote": form.cleaned_data["quote"],
                "occurrence": form.cleaned_data["occurrence"],
            }
            for form in self.filled()
        ]


class _ContentRow(forms.ModelForm):
    def _get_validation_exclusions(self) -> set[str]:
        # That the live text has such a row already is no error of the draft's.
        return {*super()._get_validation_exclusions(), "article"}


class CitationForm(_ContentRow):
    class Meta:
        model = Citation
        fields = ("figure", "quote", "occurrence")
        widgets = {"quote": forms.TextInput(attrs={"class": "vTextField"})}


class ContentInline(GuardedInline):
    """As many rows as the content has; more by the button below the table."""

    def get_extra(self, request: HttpRequest, obj: Article | None = None, **kwargs: Any) -> int:
        restored = getattr(request, "restored", None)
        said = restored.content if restored else getattr(obj, "working_content", None)
        shows_draft = said is not None and request.method != "POST"
        return len(self.formset.rows(said)) if shows_draft else 0


class MentionInline(ContentInline):
    model = Mention
    form = _ContentRow
    formset = MentionFormSet
    fields = ("park", "position")
    autocomplete_fields = ("park",)
    verbose_name_plural = "提到的园区（资料显示在文章旁）"


class CitationInline(ContentInline):
    model = Citation
    form = CitationForm
    formset = CitationFormSet
    fields = ("figure", "quote", "occurrence", "found")
    readonly_fields = ("found",)
    autocomplete_fields = ("figure",)
    verbose_name_plural = "引用（这句话支持哪条园区数字）"

    @admin.display(description="在正文里", boolean=True)
    def found(self, citation: Citation) -> bool | None:
        if not citation.quote or citation.article_id is None:
            return None
        text = citations.text_of(citation.article.body)
        return citations.find(text, citation.quote, citation.occurrence) is not None
