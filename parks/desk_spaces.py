"""The desk of spaces: the state of each at a glance, and the acts that change it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parkcms.ledger.guarded import GuardedInline
from parkcms.ledger.models import VERBS
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from . import availability, space_story
from .forms import MachinesField
from .keeping import KeptFilter, OfKeptParks
from .models import Space, SpacePicture
from .models.space import DAYS_A_MONTH
from .space_wants import ENDS_SOON, WANTS

# Whoever types one of these has just said how things stand.
CONFIRMING = {
    "state", "available_from", "rent_cny_m2_day", "sale_price_cny_m2", "valid_until",
}  # fmt: skip
MOST_REASON = 500
MONTHLY = 8  # 元/㎡/天 above which a rent was most likely meant by the month


class WantsFilter(admin.SimpleListFilter):
    """What about a space wants doing."""

    title = "要做的"
    parameter_name = "wants"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(code, label) for code, (label, _) in WANTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = WANTS.get(self.value() or "")
        return queryset.filter(chosen[1]()) if chosen else queryset


class SpacePictureInline(GuardedInline):
    model = SpacePicture
    extra = 0
    autocomplete_fields = ("picture",)


class SpaceForm(PublishingForm):
    lifts = MachinesField(label="货梯")
    cranes = MachinesField(label="行车", hooks=True)
    uses = forms.MultipleChoiceField(
        label="可作用途",
        choices=Space.Use.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    sure_of_rent = forms.BooleanField(
        label="租金确实是每天的价", required=False, help_text="租金大于 8 时才要勾。"
    )

    class Meta:
        model = Space
        exclude = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._ask_about_rent(cleaned)
        return cleaned

    def _ask_about_rent(self, cleaned: dict[str, Any]) -> None:
        """Above MONTHLY a rent is most likely one a month, which a person has to rule out."""
        rent = cleaned.get("rent_cny_m2_day")
        if rent is None or rent <= MONTHLY or cleaned.get("sure_of_rent"):
            return
        if "rent_cny_m2_day" in self.changed_data:
            daily = (rent / DAYS_A_MONTH).quantize(Decimal("0.01"))
            message = (
                f"{rent.normalize():f} 像是每月的价，合 {daily} 元/㎡/天。"
                "请改成每天的价；确实是每天的，勾选“租金确实是每天的价”。"
            )
            self.add_error("rent_cny_m2_day", ValidationError(message, code="looks_monthly"))


@admin.register(Space)
class SpaceAdmin(OfKeptParks, PublishingAdmin):
    form = SpaceForm
    change_form_template = "admin/parks/space/change_form.html"
    list_display = (
        "code",
        "park",
        "availability",
        "confirmed",
        "area_gross_m2",
        "rent",
        "price_until",
        "state_shown",
    )
    list_filter = (
        WantsFilter,
        KeptFilter,
        StateFilter,
        "park",
        "state",
        ("checked_at", admin.EmptyFieldListFilter),
        "form",
        "is_sample",
    )
    search_fields = ("code", "building", "park__name_zh")
    list_select_related = ("park", "checked_by")
    autocomplete_fields = ("floor_plan", "source")
    inlines = (SpacePictureInline,)
    actions = (
        *PublishingAdmin.actions,
        "confirm_selected",
        "let_selected",
        "reserve_selected",
        "let_again_selected",
        "off_market_selected",
    )
    readonly_fields = ("checked", "slug", "story")
    fieldsets = (
        (
            "哪里",
            {"fields": (("park", "phase"), "code", ("building", "floor", "is_whole_building"))},
        ),
        ("做什么用", {"fields": ("form", "uses")}),
        ("多大", {"fields": (("area_gross_m2", "area_net_m2", "min_divisible_m2"),)}),
        (
            "结构",
            {
                "fields": (
                    ("storey_height_m", "clear_height_m", "eaves_height_m"),
                    ("floor_load_t_m2", "column_grid", "span_m"),
                    ("lifts", "has_lift"),
                    ("cranes", "has_crane"),
                    "docks",
                )
            },
        ),
        (
            "水电气",
            {
                "fields": (
                    ("power_kva", "power_expandable", "dual_feed"),
                    ("gas", "steam", "process_water"),
                    ("air_conditioning", "cleanroom", "fit_out"),
                )
            },
        ),
        (
            "消防与环保",
            {
                "fields": (
                    ("fire_class", "sprinkler", "eia"),
                    ("sewage", "exhaust", "hazardous_goods"),
                )
            },
        ),
        ("产权与注册", {"fields": (("title_type", "land_zone", "land_term_end"), "can_register")}),
        (
            "价格",
            {
                "fields": (
                    ("rent_cny_m2_day", "valid_until", "rent_negotiable"),
                    ("rent_incl_tax", "rent_incl_service", "service_fee_cny_m2_month"),
                    ("deposit_months", "prepay_months", "rent_free_days"),
                    ("billing_days", "escalation", "min_term_months"),
                    "sale_price_cny_m2",
                )
            },
        ),
        ("能不能租", {"fields": (("state", "available_from"), "source", "checked", "is_sample")}),
        ("状态和价格的经过", {"classes": ("collapse",), "fields": ("story",)}),
        ("补充与图", {"classes": ("collapse",), "fields": (("note_zh", "note_en"), "floor_plan")}),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )

    class Media:
        css = {"all": ("css/spaces-desk.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Space | None = None) -> Any:
        """The question about the rent is one for who may answer it."""
        sets = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            return sets
        return [
            (
                name,
                {**rest, "fields": (*rest["fields"], "sure_of_rent")} if name == "价格" else rest,
            )
            for name, rest in sets
        ]

    def get_urls(self) -> list[URLPattern]:
        turn = path(
            "<path:object_id>/turn/", self.admin_site.admin_view(self.turn), name="parks_space_turn"
        )
        return [turn, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Space, form: Any, change: bool) -> None:
        """Typing a state, price or date confirms the space, and the Act of the change says so."""
        if CONFIRMING & set(form.changed_data):
            obj.checked_at, obj.checked_by = timezone.now(), request.user
            form.changed_data.append("checked_at")
        super().save_model(request, obj, form, change)

    def turn(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A button of the form: one verb from the state the person saw, with their reason."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:parks_space_change", args=[object_id]))
        with transaction.atomic():
            space = self.get_object(request, unquote(object_id))
            if space is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            if not self.has_change_permission(request, space):
                raise PermissionDenied
            self._turn(request, space, request.POST.get("verb", ""))
        return HttpResponseRedirect(reverse("admin:parks_space_change", args=[space.pk]))

    def _turn(self, request: HttpRequest, space: Space, verb: str) -> None:
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]
        seen = request.POST.get("seen", "")
        if verb == "confirm":
            space.confirm(request.user)
            self.message_user(request, f"已确认“{space}”。", messages.SUCCESS)
            return
        if verb not in _TURNED:
            self.message_user(request, "没有这个操作。请从按钮里选。", messages.ERROR)
            return
        if seen in Space.State.values:
            space.state = seen
        if _TURNED[verb](space, request.user, reason):
            done = f"“{space}”现在是“{space.get_state_display()}”。"
            self.message_user(request, done, messages.SUCCESS)
        else:
            told = f"没有改：“{space}”刚被改成“{space.get_state_display()}”，请核对后再操作。"
            self.message_user(request, told, messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        if obj and obj.pk and self.has_change_permission(request, obj):
            context["turns"] = [(verb, VERBS[verb]) for verb in obj.turns]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="确认所选：今天核对过，属实", permissions=["change"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        kept = self._kept(request, queryset)
        for space in kept:
            space.confirm(request.user)
        if kept:
            self.message_user(request, f"已确认 {len(kept)} 处空间。", messages.SUCCESS)

    @admin.action(description="标为已租", permissions=["change"])
    def let_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        self._turn_all(request, queryset, "let")

    @admin.action(description="预订", permissions=["change"])
    def reserve_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        self._turn_all(request, queryset, "reserve")

    @admin.action(description="重新可租", permissions=["change"])
    def let_again_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        self._turn_all(request, queryset, "let_again")

    @admin.action(description="下架", permissions=["change"])
    def off_market_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        self._turn_all(request, queryset, "off_market")

    def _turn_all(self, request: HttpRequest, queryset: QuerySet[Space], verb: str) -> None:
        done = 0
        for space in self._kept(request, queryset):
            if _TURNED[verb](space, request.user):
                done += 1
            else:
                told = f"“{space}”是“{space.get_state_display()}”，没有改。"
                self.message_user(request, told, messages.WARNING)
        if done:
            self.message_user(request, f"{VERBS[verb]}：{done} 处空间。", messages.SUCCESS)

    def _kept(self, request: HttpRequest, queryset: QuerySet[Space]) -> list[Space]:
        """The rows this person may change; the others are named."""
        kept = []
        for space in queryset.select_related("park"):
            if self.has_change_permission(request, space):
                kept.append(space)
            else:
                self.message_user(request, f"“{space}”不归您管。", messages.ERROR)
        return kept

    @admin.display(description="确认")
    def checked(self, space: Space) -> str:
        if not space.checked_at:
            return "从未确认"
        on = timezone.localtime(space.checked_at).date()
        return f"{on:%Y-%m-%d} {space.checked_by or ''}".strip()

    @admin.display(description="确认", ordering="checked_at")
    def confirmed(self, space: Space) -> SafeString | str:
        """How sure it is, in words and days; the date and who in the tooltip."""
        if space.state != Space.State.LETTABLE:
            return self.checked(space)
        if space.checked_at:
            on = timezone.localtime(space.checked_at).date()
            days = (timezone.localdate() - on).days
            age = f"{days} 天前" if days else "今天"
        else:
            age = "从未确认"
        return format_html(
            '<span class="mark" data-standing="{}" title="{}">{}</span> '
            '<span class="quiet">{}</span>',
            space.standing,
            self.checked(space),
            availability.LABELS[space.standing],
            age,
        )

    @admin.display(description="可租状态", ordering="state")
    def availability(self, space: Space) -> SafeString:
        return format_html(
            '<span class="mark" data-space-state="{}">{}</span>',
            space.state,
            space.get_state_display(),
        )

    @admin.display(description="发布", ordering="publish_at")
    def state_shown(self, space: Space) -> str:
        return self.state(space)

    @admin.display(description="租金", ordering="rent_cny_m2_day")
    def rent(self, space: Space) -> str:
        return f"{space.rent_cny_m2_day:g} 元/㎡/天" if space.rent_cny_m2_day else "—"

    @admin.display(description="报价有效至", ordering="valid_until")
    def price_until(self, space: Space) -> SafeString | str:
        if space.valid_until is None:
            return "—"
        left = (space.valid_until - timezone.localdate()).days
        if left < 0:
            tone, told = "expired", "已过期"
        elif left <= ENDS_SOON.days:
            tone, told = "ends", f"剩 {left} 天" if left else "今天到期"
        else:
            return f"{space.valid_until:%Y-%m-%d}"
        return format_html(
            '{} <span class="mark" data-price="{}">{}</span>',
            f"{space.valid_until:%Y-%m-%d}", tone, told,
        )  # fmt: skip

    @admin.display(description="经过")
    def story(self, space: Space) -> SafeString | str:
        """What state and price it had from when, and who said so; three queries at most."""
        if not space.pk:
            return "保存后从这里看状态和价格怎么变过。"
        told = space_story.told(space)
        return render_to_string("admin/parks/space/_story.html", {"lines": told})


_TURNED: dict[str, Callable[..., bool]] = {
    "let": Space.let_to,
    "reserve": Space.reserve,
    "let_again": Space.release,
    "off_market": Space.withdraw,
}
