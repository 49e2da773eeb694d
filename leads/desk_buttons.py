"""The buttons of an enquiry's page: claim, show the contact, is no spam, is invalid, erase.

Each is a POST that changes one thing. The contact stands in the answer to its POST and nowhere
else: in no message, session or later page. What was typed but not saved comes back in the answer.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from . import desk_verbs as verbs
from . import erasing
from .desk_form import typed
from .models import Enquiry

MOST_TEXT = 2000


class Buttons(admin.ModelAdmin):
    """The part of the desk's EnquiryAdmin that answers to buttons."""

    def get_urls(self) -> list[URLPattern]:
        buttons = {
            "claim": self.claim,
            "reveal": self.reveal,
            "release": self.release,
            "invalid": self.set_invalid,
            "erase": self.erase,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._button(view)),
                name=f"leads_enquiry_{name}",
            )
            for name, view in buttons.items()
        ]
        return [*own, *super().get_urls()]

    def _button(self, act: Callable[[HttpRequest, Enquiry], HttpResponse]) -> Callable:
        """A view that has the row this person may see, for a POST, in one transaction."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            if request.method != "POST":
                address = reverse("admin:leads_enquiry_change", args=[object_id])
                return HttpResponseRedirect(address)
            with transaction.atomic():
                enquiry = self.get_object(request, unquote(object_id))
                if enquiry is None:
                    return self.not_theirs(request, object_id)
                if not self.has_change_permission(request, enquiry):
                    raise PermissionDenied
                return act(request, enquiry)

        return view

    def claim(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        if enquiry.claim(request.user):
            self.message_user(request, "已认领，现在由您负责。", messages.SUCCESS)
        else:
            self._say_who_has_it(request, enquiry)
        return self._back(request, enquiry)

    def reveal(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        """Shows the contact; an agent takes an enquiry nobody has with the same press."""
        by = request.user
        takes = enquiry.owner_id is None and not by.has_perm("leads.see_every_enquiry")
        if takes and enquiry.withdrawn_at is None and by.has_perm("leads.reveal_enquiry"):
            if not enquiry.claim(by):
                self._say_who_has_it(request, enquiry)
                return self._back(request, enquiry)
            self.message_user(request, "已认领，现在由您负责。", messages.SUCCESS)
        if not verbs.may_reveal(by, enquiry):
            raise PermissionDenied
        why = request.POST.get("why", "")
        if why not in verbs.reasons_to_reveal(enquiry):
            self.message_user(request, "请先选一个查看的原因。", messages.WARNING)
            return self._page(request, enquiry)
        verbs.reveal(enquiry, by, why)
        return self._page(request, enquiry, revealed=True)

    def release(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        if enquiry.release(request.user):
            from .announcing import announce

            told = announce(enquiry)
            more = f"，已通知 {told} 个对象" if told else ""
            self.message_user(request, f"已解除“疑似垃圾”{more}。", messages.SUCCESS)
        return self._back(request, enquiry)

    def set_invalid(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        why = request.POST.get("why_invalid", "")
        if why not in verbs.WHY_INVALID:
            self.message_user(request, "请先选一个无效的原因。", messages.WARNING)
        elif verbs.set_invalid(enquiry, request.user, why):
            self.message_user(request, "已标为无效。", messages.SUCCESS)
        else:
            self.message_user(request, "状态刚被改过，请核对后再标。", messages.WARNING)
        return self._back(request, enquiry)

    def erase(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        """Empties it for good, when the person asks by phone or mail (PIPL, art. 47)."""
        if not request.user.has_perm("leads.erase_enquiry"):
            raise PermissionDenied
        why = request.POST.get("why_erase", "")
        if why not in verbs.WHY_ERASE:
            self.message_user(request, "请先选一个删除的原因。", messages.WARNING)
        elif erasing.erase(enquiry, by=request.user, why=verbs.WHY_ERASE[why]):
            self.message_user(request, "个人信息已删除，不能恢复。", messages.SUCCESS)
        return self._back(request, enquiry)

    def not_theirs(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Back to the list; what was typed, where something was, is handed back on a page."""
        text = request.POST.get("note", "").replace("\x00", "").strip()[:MOST_TEXT]
        if not text:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {**self.admin_site.each_context(request), "title": "没有保存", "typed": text,
                   "opts": self.opts}  # fmt: skip
        return TemplateResponse(request, "admin/leads/enquiry/not_saved.html", context, status=404)

    def _say_who_has_it(self, request: HttpRequest, enquiry: Enquiry) -> None:
        owner = Enquiry.objects.select_related("owner").get(pk=enquiry.pk).owner
        told = (
            "这份需求本来就由您负责。" if owner == request.user else f"慢了一步：已由{owner}负责。"
        )
        self.message_user(request, told, messages.WARNING)

    def _back(self, request: HttpRequest, enquiry: Enquiry) -> HttpResponse:
        """To the enquiry's page, or with what was typed shown again; to the list if it is gone."""
        if not self.get_queryset(request).filter(pk=enquiry.pk).exists():
            return self.not_theirs(request, str(enquiry.pk))
        if typed(request.POST, enquiry):
            return self._page(request, enquiry)
        address = reverse("admin:leads_enquiry_change", args=[enquiry.pk])
        kept = self.get_preserved_filters(request)
        return HttpResponseRedirect(f"{address}?{kept}" if kept else address)

    def _page(
        self, request: HttpRequest, enquiry: Enquiry, *, revealed: bool = False
    ) -> HttpResponse:
        """The enquiry's page as the answer to a button."""
        asked = copy(request)
        asked.method = "GET"
        extra: dict[str, Any] = {"typed": request.POST, "revealed": revealed}
        response = self.changeform_view(asked, str(enquiry.pk), extra_context=extra)
        response["Cache-Control"] = "no-store"
        return response
