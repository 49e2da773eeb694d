"""The second factor at the desk: its two pages, and the door that nothing else opens without."""

from collections.abc import Callable
from functools import wraps

import django_otp
import segno
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice

from . import second_factor, session_ends
from .models import User

View = Callable[..., HttpResponse]
FEW = 3  # recovery codes; with so few left people are told to make new ones

# Pages that open before a step is taken. A password is changed without the second factor only by
# those who have none yet: else the one who stole it would change it first.
OPEN_BEFORE = {
    "check": {"admin:second_factor_check", "admin:logout", "admin:jsi18n"},
    "set_up": {
        "admin:second_factor", "admin:logout", "admin:jsi18n", "admin:password_change",
        "admin:password_change_done",
    },
}  # fmt: skip


def urls(admin_view: Callable[[View], View]) -> list[URLPattern]:
    return [
        path("second-factor/", admin_view(set_up), name="second_factor"),
        path("second-factor/check/", admin_view(check), name="second_factor_check"),
        path("token/", session_ends.token, name="token"),
    ]


def guarded(view: View, may_enter: Callable[[HttpRequest], bool]) -> View:
    """A page of the desk that opens for who has taken every step; a form posted by others comes
    back with what was typed (session_ends.py). The token of a POST was looked at before."""

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        is_in = may_enter(request)
        step = second_factor.wanted(request.user) if is_in else ""
        if is_in and (not step or request.resolver_match.view_name in OPEN_BEFORE[step]):
            return view(request, *args, **kwargs)
        if answer := session_ends.kept(request):
            return answer
        if not is_in:
            return view(request, *args, **kwargs)  # leads to the log-in
        here = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        answer = redirect(session_ends.step_page(step, here))
        add_never_cache_headers(answer)
        return answer

    return opened


class CodeForm(forms.Form):
    """Asks for a code; valid once the code is used up, and then knows its ``device``."""

    code = forms.CharField(label="验证码", max_length=40)

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.device = user, None
        self.fields["code"].widget.attrs |= {
            "autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false",
            "class": "code-field",
        }  # fmt: skip

    def clean_code(self) -> str:
        self.device = second_factor.verify(self.user, self.cleaned_data["code"])
        return self.cleaned_data["code"]


class ConfirmForm(CodeForm):
    """Takes a first code, of a secret the form carries and nobody keeps yet."""

    def clean_code(self) -> str:
        return self.cleaned_data["code"]


@sensitive_post_parameters()
def check(request: HttpRequest) -> HttpResponse:
    """After name and password: the code."""
    on_to = _next(request)
    if second_factor.wanted(request.user) != "check":
        return redirect(on_to)
    form = CodeForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        _remember(request, form.device)
        return redirect(on_to)
    by_recovery = "recovery" in request.GET
    if by_recovery:
        form.fields["code"].label = "恢复码"
    else:
        form.fields["code"].widget.attrs["inputmode"] = "numeric"
    form.fields["code"].widget.attrs["autofocus"] = True
    context = {"form": form, "next": on_to, "by_recovery": by_recovery}
    return _page(request, "admin/second_factor_check.html", "两步验证", context)


@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """Setting up, and what can be done once it is: new recovery codes, another phone, off."""
    if request.method != "POST":
        return _standing(request) if second_factor.has_one(request.user) else _drawing(request)
    acts = {"turn_on": _turn_on, "renew": _renew, "replace": _replace, "turn_off": _turn_off}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise SuspiciousOperation("no such act of the second factor")
    if act is not _turn_on and not second_factor.has_one(request.user):
        return redirect("admin:second_factor")
    return act(request)


def _turn_on(request: HttpRequest) -> HttpResponse:
    form, user = ConfirmForm(request.user, request.POST), request.user
    try:
        draft = second_factor.Draft.unsealed(request.POST.get("draft", ""), user)
    except ValidationError as error:
        if second_factor.has_one(user):  # a form sent twice, or left open for long
            messages.warning(request, "两步验证已经打开，没有改动。")
            return redirect("admin:second_factor")
        return _drawing(request, note=error.messages[0])
    if form.is_valid():
        try:
            device, codes = second_factor.turn_on(user, draft, form.cleaned_data["code"])
        except ValidationError as error:
            if error.code == "changed":
                messages.warning(request, error.messages[0])
                return redirect("admin:second_factor")
            form.add_error("code", error)
        else:
            _remember(request, device)
            return _told_once(request, codes, "两步验证已打开", is_first=draft.replaces is None)
    return _drawing(request, draft, form)


def _renew(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.user, request.POST, prefix="renew")
    if not form.is_valid():
        return _standing(request, renew=form)
    codes = second_factor.renew_recovery(request.user)
    return _told_once(request, codes, "新的恢复码", is_first=False)


def _replace(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.user, request.POST, prefix="replace")
    if not form.is_valid():
        return _standing(request, replace=form)
    return _drawing(request, second_factor.draft(request.user, replaces=form.device))


def _turn_off(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.user, request.POST, prefix="off")
    if second_factor.must_have_one(request.user):
        messages.error(request, "您的角色必须使用两步验证，不能关闭。")
    elif not form.is_valid():
        return _standing(request, off=form)
    else:
        second_factor.turn_off(request.user)
        messages.success(request, "两步验证已关闭。")
    return redirect("admin:second_factor")


def _drawing(
    request: HttpRequest,
    draft: second_factor.Draft | None = None,
    form: ConfirmForm | None = None,
    note: str = "",
) -> HttpResponse:
    """The page with the picture: of a draft, or of a new one."""
    user = request.user
    draft = draft or second_factor.draft(user)
    form = form or ConfirmForm(user)
    form.fields["code"].widget.attrs["inputmode"] = "numeric"
    context = {
        "form": form,
        "sealed": draft.sealed(),
        "picture": _picture(draft.address(user)),
        "in_groups": draft.in_groups,
        "account": user.get_username(),
        "note": note,
        "is_demanded": second_factor.must_have_one(user),
        "is_replacing": draft.replaces is not None,
        "next": _next(request),
    }
    return _page(request, "admin/second_factor_set_up.html", "设置两步验证", context)


def _standing(request: HttpRequest, **sent_back: CodeForm) -> HttpResponse:
    """What stands, and a form for each thing to do; ``sent_back`` by their names."""
    user = request.user
    is_demanded = second_factor.must_have_one(user)
    context = {
        "since": second_factor.on_since(user),
        "left": second_factor.recovery_left(user),
        "few": FEW,
        "is_demanded": is_demanded,
    }
    for name in ("renew", "replace", "off"):
        context[name] = sent_back.get(name) or CodeForm(user, prefix=name)
    return _page(request, "admin/second_factor.html", "两步验证", context)


def _told_once(request: HttpRequest, codes: list[str], title: str, is_first: bool) -> HttpResponse:
    """Recovery codes, in the answer to the POST that made them and nowhere else."""
    context = {
        "codes": codes,
        "is_first": is_first,
        "account": request.user.get_username(),
        "next": _next(request),
    }
    return _page(request, "admin/second_factor_codes.html", title, context)


def _remember(request: HttpRequest, device: Device) -> None:
    """Mark the session as one that has given the code, under a new key: the old one may have been
    seen, or planted, before it was worth anything."""
    request.session.cycle_key()
    django_otp.login(request, device)
    if isinstance(device, StaticDevice):
        left = second_factor.recovery_left(request.user)
        messages.warning(
            request,
            f"您用了一个恢复码，还剩 {left} 个。手机丢了就到“两步验证”换手机"
            + ("，并换一批新恢复码。" if left <= FEW else "。"),
        )


def _next(request: HttpRequest) -> str:
    """Where the form leads on to: a page of the desk, whatever the address says."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    leads_round = wanted.startswith(reverse("admin:second_factor_check"))
    if is_ours and wanted.startswith("/admin/") and not leads_round:
        return wanted
    return reverse("admin:index")


def _picture(address: str) -> SafeString:
    """The address as a QR code. Not by the roof's tag, which keeps what it has drawn."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None, title="用验证器应用扫这张二维码"
    )
    return mark_safe(drawn.replace("<svg ", '<svg role="img" ', 1))  # noqa: S308 (segno escapes)


def _page(request: HttpRequest, template: str, title: str, context: dict) -> HttpResponse:
    step = second_factor.wanted(request.user)
    context = {
        **admin.site.each_context(request),
        "title": title,
        # Who is not in yet is shown no way further in.
        "is_in": not step,
        **({"is_nav_sidebar_enabled": False} if step else {}),
        **context,
    }
    return TemplateResponse(request, template, context)
