"""The form while two people, or one twice, write in it: what was typed comes back, and what
somebody else saved meanwhile is shown beside it and never written over unseen."""

from dataclasses import dataclass
from typing import Any

from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from parkcms.ledger.guarded import is_key

from . import as_typed, autosaving, compared, desk_autosave, drafting, presence
from . import content as contents
from .content import Content
from .desk_drafting import DraftingAdmin
from .models import Article

TAKE = "_take"  # the buttons 采用对方的; the value names fields
MOST_OPENED = 2_000  # characters
STALE = "0"  # of no article: its first version is 1


@dataclass(frozen=True)
class Conflict:
    """What somebody else saved against what this form says. ``theirs_only``: the fields that
    nobody typed into here, so that theirs is hardly in dispute."""

    by: str
    at: str
    comparison: compared.Comparison
    theirs_only: list[compared.Shown]

    @property
    def names(self) -> str:
        return " ".join(one.name for one in self.theirs_only)

    @property
    def labels(self) -> str:
        return "、".join(one.label for one in self.theirs_only)


class WritingAdmin(DraftingAdmin):
    """A DraftingAdmin in whose form nothing typed is lost."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and TAKE in request.POST:
            self._take_theirs(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except drafting.Outdated:
            # Somebody saved between the check and the act, which has been rolled back: now the
            # check itself finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Article | None:
        row = super().get_object(request, object_id, from_field)
        saved = getattr(row, "working_content", None)
        if saved is None:
            return row
        row.saved_content = saved
        form_class = self.get_form(request, row, change=True)
        if found := desk_autosave.restored(request, form_class, row, saved):
            request.restored_slot, request.restored = found
            row.opened_version = request.restored_slot.version
            row.raw_initial = request.restored.initial
            row.working_content = request.restored.content
            contents.put_on(row, row.working_content)
        return row

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        form_class = self.get_form(request, None, change=False)
        found = desk_autosave.restored(request, form_class, None, as_typed.blank())
        if not found:
            return initial
        request.restored_slot, request.restored = found
        said = request.restored.content
        typed = {name: said[name] for name in contents.FIELDS if name in form_class.base_fields}
        times = {name: contents.as_time(typed[name]) for name in contents.TIMES & typed.keys()}
        return (
            initial | typed | times | {"tags": "，".join(said["tags"])} | request.restored.initial
        )

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Article, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if restored := getattr(request, "restored", None):
            kwargs["initial"] = inline.formset.rows(restored.content)
        return kwargs

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        key = autosaving.as_key(request.POST.get("_key"))
        if change or key:
            autosaving.drop(request.user, form.instance if change else None, key)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form, original = context["adminform"].form, context.get("original")
        may = (
            self.has_change_permission(request, original)
            if original
            else self.has_add_permission(request)
        )
        if may:
            context["writing"] = _Writing(request, type(form), original, form)
        # The fields have what the draft plans by now; around them the page says what is so.
        for name, value in getattr(original, "public_times", {}).items():
            setattr(original, name, value)
        return super().render_change_form(request, context, *args, **kwargs)

    def _take_theirs(self, request: HttpRequest, object_id: str | None) -> None:
        """Puts what was saved into fields of the posted form, and has it shown again: with a
        version that is nobody's, nothing can be saved by this."""
        row = None
        if object_id and is_key(object_id):
            row = self.get_queryset(request).select_related("draft").filter(pk=object_id).first()
        data = request.POST.copy()
        asked = set(data.pop(TAKE)[-1].split())
        data["version"] = STALE
        names = [name for name in (*contents.FIELDS, *contents.LISTS) if name in asked]
        if row is not None and names:
            for field, values in as_typed.written(names, drafting.working(row)).items():
                data.setlist(field, values)
        request.POST = data


class _Writing:
    """What the form's page is told; each is asked for once, where the template wants it."""

    def __init__(
        self, request: HttpRequest, form_class: type, article: Article | None, form: ModelForm
    ) -> None:
        self.request, self.form_class, self.article, self.form = request, form_class, article, form
        self.is_bound = form.is_bound
        slot = getattr(request, "restored_slot", None)
        posted = autosaving.as_key(request.POST.get("_key"))
        self.key = (slot and slot.key) or posted or autosaving.draw_key()

    @property
    def person(self) -> Any:
        return self.request.user

    @cached_property
    def saved(self) -> Content:
        return self.article.saved_content if self.article else as_typed.blank()

    @cached_property
    def offers(self) -> list[desk_autosave.Offer]:
        if self.is_bound:  # what was posted is on the page, and its own key is at work
            return []
        return desk_autosave.offers(
            self.request, self.form_class, self.article, self.saved, self._restored_key
        )

    @property
    def _restored_key(self) -> str | None:
        slot = getattr(self.request, "restored_slot", None)
        return slot.key if slot else None

    @cached_property
    def others(self) -> list[str]:
        return presence.others(self.article, self.person) if self.article else []

    @cached_property
    def conflict(self) -> Conflict | None:
        if self.article is None or not self.form.is_outdated:
            return None
        kept = as_typed.posted(self.request.POST, self.form_class)
        typed = as_typed.read(self.form_class, kept, self.saved)
        newest = self.article.revisions.only("by_name", "saved_at", "article").first()
        at = newest.saved_at if newest else self.article.edited_at
        comparison = compared.of(as_typed.differences(typed, self.saved))
        untouched = as_typed.untouched(self.opened, typed.content) - typed.unread.keys()
        return Conflict(
            by=(newest and newest.by_name) or "别人",
            at=desk_autosave.said_of(at),
            comparison=comparison,
            theirs_only=[one for one in comparison.fields if one.name in untouched],
        )

    @cached_property
    def opened(self) -> str:
        """Fingerprints of what the form said when it was opened; carried along until it is saved.
        '' where that is not known: what was restored was typed some other day."""
        if self.is_bound:
            return self.request.POST.get("_opened", "")[:MOST_OPENED]
        if self.article is None or self._restored_key is not None:
            return ""
        return as_typed.fingerprints(self.saved)

    @property
    def version(self) -> int:
        """Of the article, as the form will send it."""
        if self.article is None:
            return 0
        return getattr(self.article, "opened_version", self.article.version)

    def _address(self, name: str) -> str:
        if self.article is None:
            return reverse(f"admin:articles_article_{name}_new")
        return reverse(f"admin:articles_article_{name}", args=[self.article.pk])

    @property
    def autosave_address(self) -> str:
        return self._address("autosave")

    @property
    def discard_address(self) -> str:
        return self._address("autosave_discard")

    @property
    def present_address(self) -> str:
        return self._address("present") if self.article else ""
