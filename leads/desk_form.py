"""The form an agent works an enquiry with, and what happens when two have it open at once."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from parkcms.language import phones
from parkcms.people.models import User

from .models import Activity, Enquiry

HANDLED = ("status", "owner", "next_step", "next_step_on")
_BACKEND = "parkcms.people.backends.PeopleBackend"


def handlers() -> QuerySet[User]:
    """The people an enquiry may be given to."""
    return User.objects.with_perm(
        "leads.change_enquiry", backend=_BACKEND, include_superusers=False
    ).order_by("display_name", "username")


def may_be_given_to(enquiry: Enquiry, by: User) -> QuerySet[User]:
    """Whom this person may give it to: a lead anybody, an agent only takes it or gives it back."""
    if not by.has_perm("leads.see_every_enquiry"):
        return User.objects.filter(pk=by.pk)
    # Who has it now stays on the list, in the job or not: saving must not take it from them.
    kept = Q(pk__in=handlers().values("pk")) | Q(pk=enquiry.owner_id) | Q(pk=by.pk)
    return User.objects.filter(kept).order_by("display_name", "username")


def stamp(enquiry: Enquiry) -> dict[str, str]:
    """What the row says in the fields that are worked on, as a form sends it."""
    return {name: _plain(getattr(enquiry, f"{name}_id" if name == "owner" else name))
            for name in HANDLED}  # fmt: skip


def typed(data: Mapping[str, str], enquiry: Enquiry) -> dict[str, str]:
    """What a form that was sent holds and its page did not: {} when nothing was typed.

    Values for the form that is shown next. Fields left alone follow the row as it stands now; for
    those typed in, ``as_shown`` still says what was under the eyes of who typed.
    """
    base, shown = _base(data.get("as_shown", "")) or {}, stamp(enquiry)
    found = {}
    for name in HANDLED:
        sent = data.get(name, "").strip()
        # The widget writes a day with slashes.
        is_same = (sent.replace("/", "-") if name == "next_step_on" else sent) == base.get(name)
        if name in data and name in base and not is_same:
            found[name], shown[name] = sent, base[name]
    if note := data.get("note", "").strip():
        found |= {"note": note, "note_kind": data.get("note_kind", "")}
    return found | {"as_shown": json.dumps(shown)} if found else {}


class HandlingForm(forms.ModelForm):
    """Status, owner and next step of one enquiry, and a note to add.

    ``as_shown`` carries what the page showed. Where a colleague saved meanwhile, fields this
    person left alone keep the colleague's word; a field both changed is an error that names both,
    and everything typed stays in the form.
    """

    as_shown = forms.CharField(required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(label="状态")
    owner = forms.ModelChoiceField(
        label="负责人", queryset=User.objects.none(), required=False, empty_label="未分配"
    )
    note_kind = forms.ChoiceField(
        label="方式", choices=Activity.Kind.choices, initial=Activity.Kind.NOTE, required=False
    )
    note = forms.CharField(
        label="跟进记录",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "说了什么、约了什么"}),
    )
    user: User  # set by the admin, as for every form it makes

    class Meta:
        model = Enquiry
        fields = HANDLED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["as_shown"] = json.dumps(stamp(self.instance))
        self.kept: list[str] = []
        if "status" not in self.fields:
            return
        # Closing as invalid wants a reason and has a button of its own.
        is_invalid = self.instance.status == Enquiry.Status.INVALID
        self.fields["status"].choices = [
            (value, label)
            for value, label in Enquiry.Status.choices
            if value != Enquiry.Status.INVALID or is_invalid
        ]
        self.fields["owner"].queryset = may_be_given_to(self.instance, self.user)

    def clean_next_step(self) -> str:
        """The next step stands in lists: a number has no business there."""
        text = self.cleaned_data["next_step"]
        if phones.find_mobiles(text):
            raise ValidationError("下一步会出现在列表里，不要写电话号码。", code="phone")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        base = _base(cleaned.get("as_shown", ""))
        self.stood = Enquiry.objects.select_for_update().get(pk=self.instance.pk)
        if self.stood.erased_at:
            told = "访客刚删除了个人信息，这份需求不能再改。"
            self.add_error(None, ValidationError(told, code="erased"))
        elif base is None:
            self.add_error(None, ValidationError("这一页不完整，请核对后再保存。", code="stale"))
        else:
            self._merge(cleaned, base, stamp(self.stood))
        # What is sent next is held against what the page says now.
        self.data = self.data.copy()
        self.data["as_shown"] = json.dumps(stamp(self.stood))
        return cleaned

    def _merge(self, cleaned: dict, base: dict[str, str], theirs: dict[str, str]) -> None:
        for name in HANDLED:
            if name not in cleaned or theirs[name] == base.get(name):
                continue
            mine = _plain(cleaned[name])
            if mine == theirs[name]:
                continue
            if mine == base.get(name):
                cleaned[name] = getattr(self.stood, name)
                self.kept.append(str(self.fields[name].label))
                continue
            shown = self._said(name, getattr(self.stood, name))
            self.add_error(
                name,
                ValidationError(
                    f"同事刚改成了“{shown}”，您填的是“{self._said(name, cleaned[name])}”。"
                    "核对后再点保存，就以您的为准。",
                    code="changed_meanwhile",
                ),
            )

    def _said(self, name: str, value: Any) -> str:
        if name == "status":
            return dict(Enquiry.Status.choices).get(value, value)
        return str(value or ("未分配" if name == "owner" else "空"))

    @property
    def has_note(self) -> bool:
        """A text, or a contact that needs no words."""
        kind = self.cleaned_data.get("note_kind")
        return bool(self.cleaned_data.get("note")) or kind in Activity.CONTACT


MOST_BASE = 2_000  # characters; what a page of ours holds is a quarter of that


def _base(text: str) -> dict[str, str] | None:
    try:
        base = json.loads(text[:MOST_BASE])
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(base, dict) and set(base) == set(HANDLED)
    return base if is_ours and all(isinstance(one, str) for one in base.values()) else None


def _plain(value: Any) -> str:
    return str(getattr(value, "pk", value) or "")
