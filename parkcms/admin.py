from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from js_asset import Media

from parkcms.ledger.admin import RecordingAdmin
from parkcms.publication.admin import PublishingAdmin, StateFilter

from . import desk_complaints  # noqa: F401  (registers itself)
from .models import OwnersText, SiteProfile


@admin.register(SiteProfile)
class SiteProfileAdmin(RecordingAdmin):
    """The one row; it is there after every migrate."""

    autocomplete_fields = ("official_account_qr", "service_qr", "contact")
    fieldsets = (
        ("站名", {"fields": (("name_zh", "name_en"), ("tagline_zh", "tagline_en"), "operator")}),
        (
            "怎样联系",
            {
                "fields": (
                    "hot_line",
                    ("hours_zh", "hours_en"),
                    ("address_zh", "address_en"),
                    "email",
                    "contact",
                    ("official_account_qr", "service_qr"),
                )
            },
        ),
        ("备案", {"fields": ("icp_number", "police_number")}),
        ("旧站", {"fields": ("legacy_site",)}),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """There is one row: straight to it."""
        return redirect("admin:parkcms_siteprofile_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteProfile | None = None) -> bool:
        return False


@admin.register(OwnersText)
class OwnersTextAdmin(PublishingAdmin):
    """Versions of the owner's pages. A published one is read-only: add a new version instead."""

    list_display = ("__str__", "state", "change_note", "publish_at")
    list_filter = (StateFilter, "key")
    fieldsets = (
        (None, {"fields": ("key", "change_note")}),
        ("中文", {"fields": ("title_zh", "body_zh")}),
        ("英文", {"fields": ("title_en", "body_en")}),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )

    def has_change_permission(self, request: HttpRequest, obj: OwnersText | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.publish_at is None)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version starts from the one in force: ``?key=privacy``."""
        initial = super().get_changeform_initial_data(request)
        current = OwnersText.objects.current(initial.get("key", "")).first()
        if current:
            fields = ("title_zh", "body_zh", "title_en", "body_en")
            initial |= {name: getattr(current, name) for name in fields}
        return initial

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["media"] = Media.from_media(context["media"]).with_nonce(str(request.csp_nonce))
        return super().render_change_form(request, context, *args, **kwargs)
