from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import GuardedAdmin
from parkcms.ledger.models import Act

from . import second_factor
from .models import User

admin.site.unregister(Group)
# django-otp's own pages show secrets.
admin.site.unregister([StaticDevice, TOTPDevice])


class ResetForm(forms.Form):
    reason = forms.CharField(
        label="原因",
        max_length=500,
        help_text="如“手机丢了，已打电话确认是本人”。写进台账。",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@admin.register(User)
class PersonAdmin(RecordingAdmin, UserAdmin):
    """People are deactivated, never deleted; only a superuser makes another."""

    list_display = (
        "username",
        "display_name",
        "roles",
        "is_active",
        "has_second_factor",
        "last_login",
    )
    change_form_template = "admin/second_factor_person.html"
    list_filter = ("groups", "is_active")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        ("能做什么", {"fields": ("is_active", "is_staff", "groups", "factor")}),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "display_name", "usable_password", "password1", "password2"),
            },
        ),
        ("能做什么", {"fields": ("is_staff", "groups")}),
    )
    readonly_fields = ("factor", "last_login", "date_joined")
    filter_horizontal = ("groups",)

    def get_queryset(self, request: HttpRequest) -> "User.objects":
        theirs = second_factor.phones().filter(user=OuterRef("pk"))
        people = super().get_queryset(request).annotate(with_second_factor=Exists(theirs))
        return people.prefetch_related("groups")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.second_factor_view)
        own = path("<path:object_id>/second-factor/", page, name="people_user_second_factor")
        return [own, *super().get_urls()]

    @admin.display(description="角色")
    def roles(self, user: User) -> str:
        return "、".join(group.name for group in user.groups.all()) or "—"

    @admin.display(description="两步验证", boolean=True, ordering="with_second_factor")
    def has_second_factor(self, user: User) -> bool:
        return user.with_second_factor

    @admin.display(description="两步验证")
    def factor(self, user: User) -> str:
        if since := second_factor.on_since(user):
            left = second_factor.recovery_left(user)
            return f"自 {timezone.localtime(since):%Y-%m-%d %H:%M} 起打开，恢复码还剩 {left} 个"
        return "没有打开"

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return allowed

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def may_reset_second_factor(self, request: HttpRequest, person: User) -> bool:
        """Not of who may do more, and not one's own: that takes a code, like turning it off."""
        return (
            request.user.has_perm("people.reset_second_factor")
            and self.has_change_permission(request, person)
            and person.pk != request.user.pk
        )

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        person = context.get("original")
        context["may_reset_second_factor"] = bool(
            person and person.with_second_factor and self.may_reset_second_factor(request, person)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def second_factor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Takes the second factor of a person away who has lost it, with a reason."""
        person = self.get_object(request, unquote(object_id))
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may_reset_second_factor(request, person):
            raise PermissionDenied
        form = ResetForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            if second_factor.reset(person, request.user, form.cleaned_data["reason"]):
                messages.success(request, f"已重置{person}的两步验证。")
            else:
                messages.warning(request, f"{person}没有打开两步验证，没有改动。")
            return redirect("admin:people_user_change", person.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "重置两步验证",
            "is_in": True,
            "opts": self.opts,
            "person": person,
            "form": form,
            "is_demanded": second_factor.must_have_one(person),
        }
        return TemplateResponse(request, "admin/second_factor_reset.html", context)

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Atomic, so that the new password and its Act stand or fall together."""
        return super().user_change_password(request, *args, **kwargs)

    def log_change(self, request: HttpRequest, obj: User, message: object) -> None:
        if hasattr(request, "_act"):
            super().log_change(request, obj, message)
        else:  # the form of a new password, which saves without save_model
            told = self._told({"password": ""})
            Act.record(request.user, "change", obj, before=told, after=told)


@admin.register(Group)
class RoleAdmin(GuardedAdmin):
    """Roles are looked at here and laid down in parkcms/roles.py."""

    list_display = ("name",)
    fields = ("name", "permissions")

    def get_queryset(self, request: HttpRequest) -> "Group.objects":
        return super().get_queryset(request).prefetch_related("permissions__content_type")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
