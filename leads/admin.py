"""The agents' desk: enquiries and, for those who run it, whom they are announced to and how the
keeping of them fares."""

from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parkcms.language import phones
from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import GuardedAdmin

from . import desk_verbs as verbs
from . import desk_words as words
from . import export, matching
from .desk_buttons import Buttons
from .desk_form import HANDLED, HandlingForm, typed
from .filters import DueFilter, OwnerFilter, ParkFilter, SentFilter, StatusFilter
from .models import Alarm, Enquiry, Recipient, RetentionRun
from .references import read_reference

# (words, address) of the lists an agent goes through in the morning.
TABS = (
    ("未了结", ""),
    ("我的", "whose=me"),
    ("未分配", "whose=none"),
    ("到期", "due=now"),
    ("疑似垃圾", "status=held"),
    ("全部", "status=all"),
)
SAME_PERSON = 5


@admin.register(Enquiry)
class EnquiryAdmin(Buttons, RecordingAdmin):
    """Everything about one enquiry on one page; of others' an agent is not told they exist."""

    form = HandlingForm
    change_form_template = "admin/leads/enquiry/page.html"
    change_list_template = "admin/leads/enquiry/list.html"
    list_display = ("which", "asker", "wanted", "state", "owner_shown", "next_shown", "marks")
    list_display_links = ("which",)
    list_filter = (
        StatusFilter,
        OwnerFilter,
        DueFilter,
        ("park", ParkFilter),
        ("submitted_at", SentFilter),
    )
    list_select_related = ("owner", "park", "space__park")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("reference", "company")
    search_help_text = "编号、公司，或完整的电话号码。"
    actions = ("claim_selected", "export_selected", "set_invalid_selected")
    fieldsets = ((None, {"fields": HANDLED}),)
    view_on_site = False  # the receipt's address is its sender's secret
    # What this list's own filters write. Any other would let a hidden number be found by halves.
    lookups = (
        *("status", "whose", "due", "park__id__exact", "park__isnull"),
        *("submitted_at__gte", "submitted_at__lt", "submitted_at__isnull"),
    )

    # --- who may what ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enquiry]:
        seen = super().get_queryset(request).seen_by(request.user)
        return seen.select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Enquiry | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Enquiry | None = None) -> bool:
        is_left_alone = obj is not None and obj.erased_at is not None
        return super().has_change_permission(request, obj) and not is_left_alone

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.export_enquiry")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.lookups and super().lookup_allowed(lookup, value, request)

    # --- the list ---

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        asked = {name: value for name, value in request.GET.items() if name not in ("p", "o")}
        tabs = [
            (label, query, asked == dict([query.split("=")] if query else []))
            for label, query in TABS
        ]
        context = {"title": "需求", "tabs": tabs, **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Enquiry], search_term: str
    ) -> tuple[QuerySet[Enquiry], bool]:
        """A whole reference or a whole number is taken for what it is; else parts of names.

        A part of a number finds nothing: a hidden number could be found out digit by digit.
        """
        exact = Q()
        if reference := read_reference(search_term):
            exact |= Q(reference=reference)
        with suppress(phones.PhoneError):
            exact |= Q(phone_e164=phones.parse(search_term).e164)
        if exact:
            return queryset.filter(exact), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="编号 · 提交", ordering="submitted_at")
    def which(self, enquiry: Enquiry) -> SafeString:
        sent = timezone.localtime(enquiry.submitted_at)
        late = " late" if words.is_late(enquiry) else ""
        return format_html(
            '<b class="reference">{}</b> <span class="under{}" title="{}">{}</span>',
            enquiry.reference,
            late,
            f"{sent:%Y-%m-%d %H:%M} 提交" + ("，已过承诺的回复时间" if late else ""),
            f"{sent:%m-%d %H:%M}" + (" 未回复" if late else ""),
        )

    @admin.display(description="谁 · 联系方式")
    def asker(self, enquiry: Enquiry) -> SafeString:
        return _two_lines(words.who(enquiry), enquiry.masked_contact)

    @admin.display(description="需求 · 园区")
    def wanted(self, enquiry: Enquiry) -> SafeString:
        return _two_lines(words.wish(enquiry) or "（没有写）", words.place(enquiry))

    @admin.display(description="状态", ordering="status")
    def state(self, enquiry: Enquiry) -> SafeString:
        return format_html(
            '<span class="stage" data-stage="{}">{}</span>',
            enquiry.status,
            enquiry.get_status_display(),
        )

    @admin.display(description="负责人", ordering="owner")
    def owner_shown(self, enquiry: Enquiry) -> SafeString | str:
        return str(enquiry.owner or _nothing("未分配"))

    @admin.display(description="下一步", ordering="next_step_on")
    def next_shown(self, enquiry: Enquiry) -> SafeString | str:
        if not (enquiry.next_step or enquiry.next_step_on):
            return _nothing("—")
        overdue = enquiry.is_overdue()
        on = f"{enquiry.next_step_on:%m-%d}" if enquiry.next_step_on else ""
        return format_html(
            '<span class="due{}">{}</span> {}',
            " late" if overdue else "",
            f"{on} 已过" if overdue else on,
            words.hide(enquiry.next_step),
        )

    @admin.display(description="标记", empty_value="")
    def marks(self, enquiry: Enquiry) -> SafeString:
        told = words.marks(enquiry)
        return format_html_join(" ", '<span class="mark" data-tone="{}">{}</span>', told)

    # --- many at once ---

    @admin.action(description="认领所选", permissions=["change"])
    def claim_selected(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> None:
        rows = [row for row in queryset if self.has_change_permission(request, row)]
        won = sum(row.claim(request.user) for row in rows)
        if won:
            self.message_user(request, f"已认领 {won} 份。", messages.SUCCESS)
        if lost := len(queryset) - won:
            self.message_user(request, f"{lost} 份已有人负责，没有动。", messages.WARNING)

    @admin.action(description="标为无效（推销广告）", permissions=["change"])
    def set_invalid_selected(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> None:
        rows = [row for row in queryset if self.has_change_permission(request, row)]
        done = sum(verbs.set_invalid(row, request.user, "advert") for row in rows)
        self.message_user(request, f"已把 {done} 份标为无效。", messages.SUCCESS)

    @admin.action(description="导出 XLSX", permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> HttpResponse:
        contacts = request.user.has_perm("leads.reveal_enquiry")
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        told = export.write(file, queryset.iterator(chunk_size=500), contacts=contacts)
        verbs.record_export(request.user, told, contacts=contacts, narrowed=_narrowed(request))
        file.seek(0)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=export.file_name(timezone.localdate()),
            content_type=export.MEDIA_TYPE,
        )
        response["Cache-Control"] = "no-store"
        return response

    # --- one of them ---

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a colleague was given meanwhile can't be saved; the words typed are handed back."""
        if request.method == "POST" and self.get_object(request, unquote(object_id)) is None:
            return self.not_theirs(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: Enquiry, form: HandlingForm, change: bool
    ) -> None:
        """Writes what was worked on and no other column: the visitor may be changing the rest."""
        columns = [Enquiry._meta.get_field(name).attname for name in HANDLED]
        changed = [name for name in columns if getattr(form.stood, name) != getattr(obj, name)]
        if changed:
            obj.save(update_fields=changed)
        if form.has_note:
            obj.first_contact_at = form.stood.first_contact_at
            kind = form.cleaned_data["note_kind"] or "note"
            request._note = verbs.keep_note(obj, request.user, kind, form.cleaned_data["note"])
        request._act = (form, {})

    def log_change(self, request: HttpRequest, obj: Enquiry, message: Any) -> None:
        """The Act says what became of it, and of texts only that they changed."""
        form, _before = request._act
        note = getattr(request, "_note", None)
        verbs.record_handling(request.user, form.stood, obj, note)
        if form.kept:
            told = f"同事刚改过{'、'.join(form.kept)}，您没有动，已保留同事的。"
            self.message_user(request, told, messages.INFO)

    def response_change(self, request: HttpRequest, obj: Enquiry) -> HttpResponse:
        """Who gave it away, or back, may not be able to open its page any more."""
        is_gone = not self.get_queryset(request).filter(pk=obj.pk).exists()
        if is_gone or "_continue" not in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, "已保存。", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """All of the page in a fixed number of queries."""
        enquiry: Enquiry = context["original"]
        by, revealed = request.user, context.get("revealed", False)
        form = context["adminform"].form
        form.initial |= typed(context.get("typed", {}), enquiry)
        may_change = self.has_change_permission(request, enquiry)
        is_lead = by.has_perm("leads.see_every_enquiry")
        is_taken_by_looking = enquiry.owner_id is None and not is_lead
        may_take = is_taken_by_looking and enquiry.withdrawn_at is None
        context |= {
            "title": words.who(enquiry),
            "subtitle": enquiry.reference,
            "who": words.masked_name(enquiry.contact_name) if not revealed else "",
            "place": words.place(enquiry),
            "wish": words.wish(enquiry),
            "sent_ago": words.ago(enquiry.submitted_at),
            "is_late": words.is_late(enquiry),
            "next_step": words.hide(enquiry.next_step),
            "groups": words.submission(enquiry, revealed=revealed),
            "signals": words.signals(enquiry),
            "marks": words.marks(enquiry),
            "story": words.story(enquiry, revealed=revealed),
            "akin": self._akin(request, enquiry),
            "matches": _matches(enquiry),
            "doubts": _doubts(enquiry) if revealed else [],
            "may_change": may_change,
            "may_claim": may_change and enquiry.owner_id is None,
            "may_reveal": may_change
            and (verbs.may_reveal(by, enquiry) or (may_take and _may_look(request))),
            "looking_takes": may_take,
            "why_reveal": verbs.reasons_to_reveal(enquiry).items(),
            "why_invalid": verbs.WHY_INVALID.items(),
            "why_erase": verbs.WHY_ERASE.items(),
            "may_erase": may_change
            and enquiry.erased_at is None
            and by.has_perm("leads.erase_enquiry"),
            "is_invalid": enquiry.status == Enquiry.Status.INVALID,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _akin(self, request: HttpRequest, enquiry: Enquiry) -> QuerySet[Enquiry]:
        """Others of the same number, or with the same content; only those this person may see."""
        same = Q(pk=None)
        if enquiry.phone_e164:
            same |= Q(phone_e164=enquiry.phone_e164)
        if enquiry.duplicate_of:
            same |= Q(reference=enquiry.duplicate_of)
        seen = self.get_queryset(request).filter(same).exclude(pk=enquiry.pk)
        return seen.order_by("-submitted_at")[:SAME_PERSON]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse):
            response.template_name = "admin/leads/enquiry/story.html"
            acts = response.context_data["acts"]
            response.context_data["acts"] = [(act, words.changes(act)) for act in acts]
        return response


@admin.register(Recipient)
class RecipientAdmin(RecordingAdmin):
    list_display = ("label_shown", "park", "channel", "shown_address", "is_active")
    list_filter = ("channel", "is_active", "park")
    list_select_related = ("park",)
    search_fields = ("label", "park__name_zh")
    fields = ("park", "channel", "address", "label", "is_active")
    # A robot's key lets anybody write into its group.
    hidden_fields = ("address",)
    show_full_result_count = False

    @admin.display(description="是谁", ordering="label")
    def label_shown(self, recipient: Recipient) -> str:
        return recipient.label or recipient.get_channel_display()


@admin.register(Alarm)
class AlarmAdmin(GuardedAdmin):
    """Read-only, but for one button: somebody has looked after it."""

    change_form_template = "admin/leads/alarm/page.html"
    list_display = ("kind", "detail", "first_at", "last_at", "count", "is_cleared")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter),)
    fields = ("kind", "detail", "first_at", "last_at", "count", "cleared_at")
    actions = ("clear_selected",)
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        clear = self.admin_site.admin_view(self.clear)
        own = path("<path:object_id>/clear/", clear, name="leads_alarm_clear")
        return [own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Alarm | None = None) -> bool:
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Alarm | None = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        is_raised = context["original"].cleared_at is None
        context["may_clear"] = is_raised and self.has_change_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def clear(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alarm = self.get_object(request, object_id) if request.method == "POST" else None
        if alarm is not None and self.has_change_permission(request):
            alarm.clear(request.user)
            self.message_user(request, f"“{alarm}”已处理。", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:leads_alarm_changelist"))

    @admin.action(description="已处理", permissions=["change"])
    def clear_selected(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        raised = list(queryset.raised())
        for alarm in raised:
            alarm.clear(request.user)
        self.message_user(request, f"已处理 {len(raised)} 条警报。", messages.SUCCESS)

    @admin.display(description="已处理", boolean=True, ordering="cleared_at")
    def is_cleared(self, alarm: Alarm) -> bool:
        return alarm.cleared_at is not None


@admin.register(RetentionRun)
class RetentionRunAdmin(GuardedAdmin):
    """What each run removed: counts, never data."""

    list_display = ("at", "told")
    fields = ("at", "told")
    readonly_fields = ("told",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="结果")
    def told(self, run: RetentionRun) -> str:
        return render_to_string("admin/leads/retentionrun/report.html", {"report": run.report})


def _two_lines(upper: str, lower: str) -> SafeString:
    return format_html('{} <span class="under">{}</span>', upper, lower)


def _matches(enquiry: Enquiry) -> list[matching.Match]:
    """What to offer; nothing to who said nothing, and to spam."""
    is_served = enquiry.is_open and not enquiry.held and words.wish(enquiry)
    return matching.matches_for(enquiry).fitting if is_served else []


def _nothing(word: str) -> SafeString:
    return format_html('<span class="quiet nothing">{}</span>', word)


def _may_look(request: HttpRequest) -> bool:
    return request.user.has_perm("leads.reveal_enquiry")


def _doubts(enquiry: Enquiry) -> list[str]:
    phone = enquiry.phone
    return [phones.DOUBTS[code] for code in phone.doubtful] if phone else []


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """The filters a list was narrowed by. What was searched for may be a number: not that."""
    lookups = EnquiryAdmin.lookups
    return {name: value[:40] for name, value in request.GET.items() if name in lookups}
