"""The editors' desk for complaints: a list by the clock, and one page from claiming to closing.

Who complained stands in the answer to one button and nowhere else, as with enquiries
(leads/desk_buttons.py); Acts name what was done and none of the words.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.desk_words import hide, show
from leads.forms import TOO_LONG, Paragraphs
from parkcms.language import phones
from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.models import Act

from . import reported
from .complaint_filters import ClockFilter, KindFilter, StateFilter, TakerFilter
from .models import Complaint

# Chosen, not typed: they go into Acts, which are kept longer than anybody's data.
WHY_REVEAL = {
    "verify": "核实投诉的内容",
    "reply": "联系投诉人",
    "identity": "核对投诉人的身份",
}
# (words, address) of the lists an editor goes through.
TABS = (
    ("未结案", ""),
    ("我的", "whose=me"),
    ("未认领", "state=new"),
    ("超期", "clock=late"),
    ("全部", "state=all"),
)
SHOWN_ACTS = 50


# --- what is written ------------------------------------------------------------------------------


class AnswerForm(forms.Form):
    """The answer as the status page will show it. ``over`` is the time of the one on the page."""

    prefix = "answer"
    use_required_attribute = False

    over = forms.CharField(required=False, widget=forms.HiddenInput)
    words = Paragraphs(
        label="答复",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="会原样显示在投诉人的查询页上：写查明了什么、怎样处理，不写任何人的个人信息。",
        error_messages=TOO_LONG | {"required": "请写答复。"},
    )

    def clean_words(self) -> str:
        words = self.cleaned_data["words"]
        if phones.find_mobiles(words):
            told = "答复会显示在查询页上，不要写手机号码。"
            raise ValidationError(told, code="phone")
        return words


class ClosingForm(forms.Form):
    """How it ended, and a note for colleagues."""

    prefix = "close"
    use_required_attribute = False

    outcome = forms.ChoiceField(
        label="结果",
        choices=[("", "请选择"), *Complaint.Outcome.choices],
        error_messages={"required": "请选结果。", "invalid_choice": "请从列出的结果里选。"},
    )
    note = Paragraphs(
        label="结案说明",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="只给同事看。",
    )


def _over(complaint: Complaint) -> str:
    return complaint.answered_at.isoformat() if complaint.answered_at else ""


# --- the desk -------------------------------------------------------------------------------------


@admin.register(Complaint)
class ComplaintAdmin(RecordingAdmin):
    """Nothing is changed in a form of fields: each step is a button with an Act."""

    change_form_template = "admin/parkcms/complaint/page.html"
    change_list_template = "admin/parkcms/complaint/list.html"
    list_display = ("which", "what", "asker", "state_shown", "taker", "clock_shown")
    list_display_links = ("what",)
    list_filter = (StateFilter, KindFilter, ClockFilter, TakerFilter)
    list_select_related = ("taken_by",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("reference", "about_title")
    search_help_text = "编号，或页面标题里的字。"
    actions = ("claim_selected",)
    fieldsets = ((None, {"fields": ()}),)
    view_on_site = False  # the status page's address is its sender's
    # What this list's own filters write; any other would let a hidden number be found by halves.
    lookups = tuple(one.parameter_name for one in list_filter)

    # --- who may what ---

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        """Buttons alone change one; the form of fields changes none."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.lookups

    def may_reveal(self, request: HttpRequest, complaint: Complaint) -> bool:
        has_any = bool(complaint.name or complaint.contact)
        return has_any and request.user.has_perm("parkcms.reveal_complaint")

    # --- the list ---

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        asked = {name: value for name, value in request.GET.items() if name not in ("p", "o")}
        tabs = [
            (label, query, asked == dict([query.split("=")] if query else []))
            for label, query in TABS
        ]
        context = {"title": "投诉与更正", "tabs": tabs, **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.display(description="收到", ordering="received_at")
    def which(self, complaint: Complaint) -> SafeString:
        at = timezone.localtime(complaint.received_at)
        return format_html(
            '<span class="when">{}</span> <span class="under reference">{}</span>',
            f"{at:%m-%d %H:%M}",
            complaint.reference,
        )

    @admin.display(description="投诉什么", ordering="kind")
    def what(self, complaint: Complaint) -> SafeString:
        page = complaint.about_title or complaint.about_path or "（没有写页面）"
        return format_html(
            '<b>{}</b> <span class="under">{}</span>', complaint.get_kind_display(), page
        )

    @admin.display(description="谁 · 联系方式")
    def asker(self, complaint: Complaint) -> SafeString:
        marks = format_html_join(
            "", ' <span class="mark" data-tone="{}">{}</span>', _marks(complaint)
        )
        return format_html(
            '{} <span class="under">{}</span>{}',
            complaint.masked_name or "（未署名）",
            complaint.masked_contact,
            marks,
        )

    @admin.display(description="状态", ordering="state")
    def state_shown(self, complaint: Complaint) -> SafeString:
        label = complaint.get_state_display()
        return format_html('<span class="stage" data-stage="{}">{}</span>', complaint.state, label)

    @admin.display(description="处理人", ordering="taken_by")
    def taker(self, complaint: Complaint) -> SafeString | str:
        nobody = format_html('<span class="quiet nothing">{}</span>', "没有人")
        return str(complaint.taken_by or nobody)

    @admin.display(description="期限", ordering="due_at")
    def clock_shown(self, complaint: Complaint) -> SafeString:
        tone, words = complaint.clock
        return format_html(
            '<span class="clock" data-tone="{}">{}</span> <span class="under">{}</span>',
            tone,
            words,
            f"{timezone.localtime(complaint.due_at):%m-%d %H:%M}",
        )

    @admin.action(description="认领所选", permissions=["change"])
    def claim_selected(self, request: HttpRequest, queryset: QuerySet[Complaint]) -> None:
        rows = list(queryset)
        won = sum(row.claim(request.user) for row in rows)
        if won:
            self.message_user(request, f"已认领 {won} 份。", messages.SUCCESS)
        if lost := len(rows) - won:
            self.message_user(request, f"{lost} 份已有人处理，没有动。", messages.WARNING)

    # --- one of them ---

    def get_urls(self) -> list[URLPattern]:
        buttons = {
            "claim": self.claim,
            "reveal": self.reveal,
            "answer": self.answer,
            "close": self.close,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._button(view)),
                name=f"parkcms_complaint_{name}",
            )
            for name, view in buttons.items()
        ]
        return [*own, *super().get_urls()]

    def _button(self, act: Callable[[HttpRequest, Complaint], HttpResponse]) -> Callable:
        """A view that has the row, for a POST of who may handle it, in one transaction."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.method != "POST":
                address = reverse("admin:parkcms_complaint_change", args=[object_id])
                return HttpResponseRedirect(address)
            with transaction.atomic():
                complaint = self.get_object(request, unquote(object_id))
                if complaint is None:
                    return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
                return act(request, complaint)

        return view

    def claim(self, request: HttpRequest, complaint: Complaint) -> HttpResponse:
        if complaint.claim(request.user):
            self.message_user(request, "已认领，现在由您处理。", messages.SUCCESS)
        else:
            complaint.refresh_from_db()
            who = complaint.taken_by
            told = "本来就由您处理。" if who == request.user else f"慢了一步：已由{who}处理。"
            told = told if complaint.is_open else "没有认领：这份投诉已经结案。"
            self.message_user(request, told, messages.WARNING)
        return self._back(complaint)

    def reveal(self, request: HttpRequest, complaint: Complaint) -> HttpResponse:
        if not self.may_reveal(request, complaint):
            raise PermissionDenied
        why = WHY_REVEAL.get(request.POST.get("why", ""))
        if not why:
            self.message_user(request, "请先选一个查看的原因。", messages.WARNING)
            return self._page(request, complaint)
        Act.record(request.user, "reveal", complaint, reason=why)
        return self._page(request, complaint, revealed=True)

    def answer(self, request: HttpRequest, complaint: Complaint) -> HttpResponse:
        """A colleague's newer answer is not written over; what was typed stays on the page."""
        form = AnswerForm(request.POST)
        if not complaint.is_open:
            return self._closed(request, complaint, form.data.get("answer-words", ""))
        if not form.is_valid():
            return self._page(request, complaint, answer_form=form)
        words, seen = form.cleaned_data["words"], form.cleaned_data["over"]
        is_stale = seen != _over(complaint)
        if is_stale or not complaint.reply(request.user, words, over=complaint.answered_at):
            complaint.refresh_from_db()
            if not complaint.is_open:
                return self._closed(request, complaint, words)
            told = "没有保存：同事刚刚改过答复，见上面。核对后再点“答复”，就换成您这一份。"
            form.add_error("words", ValidationError(told, code="changed_meanwhile"))
            form.data = form.data.copy()
            form.data["answer-over"] = _over(complaint)
            return self._page(request, complaint, answer_form=form)
        self.message_user(request, "已答复，查询页上看得到了。", messages.SUCCESS)
        return self._back(complaint)

    def close(self, request: HttpRequest, complaint: Complaint) -> HttpResponse:
        form = ClosingForm(request.POST)
        if not complaint.is_open:
            return self._closed(request, complaint, form.data.get("close-note", ""))
        if form.is_valid():
            outcome, note = form.cleaned_data["outcome"], form.cleaned_data["note"]
            if outcome == Complaint.Outcome.ANSWERED and not complaint.answer:
                told = "还没有答复：先在上面写答复，再选“已说明”。"
                form.add_error("outcome", ValidationError(told, code="unanswered"))
            elif complaint.close(request.user, outcome, note):
                self.message_user(request, "已结案。", messages.SUCCESS)
                return self._back(complaint)
            else:
                complaint.refresh_from_db()
                return self._closed(request, complaint, note)
        return self._page(request, complaint, closing_form=form)

    def _closed(self, request: HttpRequest, complaint: Complaint, typed: str) -> HttpResponse:
        self.message_user(request, "没有保存：这份投诉已经结案。", messages.WARNING)
        return self._page(request, complaint, unsaved=typed.replace("\x00", "").strip())

    def _back(self, complaint: Complaint) -> HttpResponse:
        address = reverse("admin:parkcms_complaint_change", args=[complaint.pk])
        return HttpResponseRedirect(address)

    def _page(self, request: HttpRequest, complaint: Complaint, **extra: Any) -> HttpResponse:
        """The complaint's page as the answer to a button."""
        asked = copy(request)
        asked.method = "GET"
        return self.changeform_view(asked, str(complaint.pk), extra_context=extra)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """All of the page in a fixed number of queries."""
        complaint: Complaint = context["original"]
        revealed = context.get("revealed", False)
        plain = show if revealed else hide
        may_handle = self.has_change_permission(request)
        first = {"over": _over(complaint), "words": complaint.answer}
        context |= {
            "title": complaint.get_kind_display(),
            "subtitle": complaint.reference,
            "clock_tone": complaint.clock[0],
            "clock_words": complaint.clock[1],
            "marks": _marks(complaint),
            "said": plain(complaint.text),
            "basis": plain(complaint.basis),
            "note": plain(complaint.note),
            "desk_address": reported.desk_address(complaint.about_path, request.user),
            "may_handle": may_handle and complaint.is_open,
            "may_claim": may_handle and complaint.state == Complaint.State.NEW,
            "may_reveal": may_handle and self.may_reveal(request, complaint),
            "why_reveal": WHY_REVEAL.items(),
            "answer_form": context.get("answer_form") or AnswerForm(initial=first),
            "closing_form": context.get("closing_form") or ClosingForm(),
            "story": [(act, _changes(act)) for act in Act.objects.about(complaint)[:SHOWN_ACTS]],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse):
            response.template_name = "admin/leads/enquiry/story.html"
            acts = response.context_data["acts"]
            response.context_data["acts"] = [(act, _changes(act)) for act in acts]
        return response


def _marks(complaint: Complaint) -> list[tuple[str, str]]:
    """(tone, words) of what an editor must know before believing it."""
    told = [
        (complaint.is_suspect, "bad", "像是机器填的"),
        (complaint.language == "en", "calm", "英文页提交"),
        (complaint.cleared_at, "calm", "个人信息已清除"),
    ]
    return [(tone, words) for holds, tone, words in told if holds]


_WORDS = {
    "kind": dict(Complaint.Kind.choices),
    "outcome": dict(Complaint.Outcome.choices),
    "late": {True: "是", False: "否"},
}


def _changes(act: Act) -> list[tuple[str, str | None, str]]:
    """(field, before, after) of an Act about a complaint, in the words of the desk."""
    columns = {column.name: str(column.verbose_name) for column in Complaint._meta.concrete_fields}
    told = []
    for name, before, after in act.changes:
        words = _WORDS.get(name, {})
        label = "超期" if name == "late" else columns.get(name, name)
        if isinstance(after, list):
            value = "、".join(columns.get(one, one) for one in after)
        else:
            value = str(words.get(after, "—" if after is None else after))
        told.append((label, before, value))
    return told
