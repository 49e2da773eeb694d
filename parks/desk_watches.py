"""Who wants mails of which search: to look at and to delete on request. Addresses are masked."""

from django.contrib import admin
from django.http import HttpRequest

from parkcms.ledger.admin import RecordingAdmin

from . import watching
from .models import Watch


@admin.register(Watch)
class WatchAdmin(RecordingAdmin):
    """Read-only but for deleting; no export and no search by address."""

    list_display = ("__str__", "masked", "words", "created_at", "confirmed_at", "told_at")
    list_filter = ("language", ("confirmed_at", admin.EmptyFieldListFilter))
    show_full_result_count = False
    fields = ("masked", "words", "language", "created_at", "confirmed_at", "told_at")
    readonly_fields = fields
    hidden_fields = ("email", "token", "network", "password")

    @admin.display(description="邮箱")
    def masked(self, watch: Watch) -> str:
        return watch.masked_email

    @admin.display(description="条件")
    def words(self, watch: Watch) -> str:
        return "，".join(watching.search_of(watch).words()) or "所有可租空间"

    def delete_model(self, request: HttpRequest, obj: Watch) -> None:
        watching.end(obj)

    def delete_queryset(self, request: HttpRequest, queryset: object) -> None:
        for watch in queryset:
            watching.end(watch)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Not by what is masked: a list answers guesses letter by letter."""
        column = lookup.partition("__")[0]
        is_offered = column in ("language", "confirmed_at")
        return is_offered and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Watch | None = None) -> bool:
        return False
