from collections.abc import Callable

import procrastinate.contrib.django.admin  # noqa: F401 - it registers what is taken off below
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateJob

from parkcms.ledger.admin import RecordingAdmin

from .models import Notice

# Jobs are the machine's own business; what people should know of them is in the notices.
admin.site.unregister(ProcrastinateJob)


@admin.register(Notice)
class NoticeAdmin(RecordingAdmin):
    """Read-only, but for two decisions about what did not arrive."""

    list_display = ("subject", "channel", "masked_address", "state", "tries", "why", "created_at")
    list_filter = ("state", "channel")
    search_fields = ("subject", "about_id")
    show_full_result_count = False
    actions = ("requeue_selected", "give_up_selected")
    fields = (
        "subject",
        "body",
        "shown_link",
        "channel",
        "masked_address",
        "state",
        "why",
        "tries",
        "next_try_at",
        "sent_at",
        "created_at",
    )
    readonly_fields = fields

    @admin.display(description="收件地址")
    def masked_address(self, notice: Notice) -> str:
        return notice.masked_address or "—"

    @admin.display(description="链接")
    def shown_link(self, notice: Notice) -> str:
        """Only into the desk: any other address acts for whom the mail went to."""
        if not notice.link or notice.link.startswith("/admin/"):
            return notice.link or "—"
        return "（只有收件人能用，不显示）"

    @admin.display(description="上次为什么没送达")
    def why(self, notice: Notice) -> str:
        return notice.why or "—"

    @admin.action(description="重新发送", permissions=["requeue"])
    def requeue_selected(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        self._decide(request, notices, "重新发送", lambda notice: notice.requeue(request.user))

    @admin.action(description="不再发送", permissions=["requeue"])
    def give_up_selected(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        self._decide(request, notices, "不再发送", lambda notice: notice.give_up(request.user))

    def _decide(
        self,
        request: HttpRequest,
        notices: QuerySet[Notice],
        what: str,
        decide: Callable[[Notice], bool],
    ) -> None:
        done = [decide(notice) for notice in notices]
        if sum(done):
            self.message_user(request, f"{what} {sum(done)} 条通知。", messages.SUCCESS)
        if left := len(done) - sum(done):
            self.message_user(
                request, f"{left} 条没有动：只有“没有送达”的通知才能这样处理。", messages.WARNING
            )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Not by what is masked: a list answers guesses letter by letter."""
        column = lookup.partition("__")[0]
        return column in self.list_filter and super().lookup_allowed(lookup, value, request)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outbox.requeue_notice")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False
