"""The second factor: beside the password a code from a phone (TOTP, RFC 6238), and recovery codes
for the day the phone is lost. What the desk makes of it stands in desk_second_factor.py.

django-otp keeps the devices, counts failures and refuses a code twice. Who has a confirmed
TOTPDevice has a second factor; the StaticDevice beside it only holds recovery codes.
"""

import re
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from math import ceil
from secrets import token_bytes

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from parkcms.language.widths import fold
from parkcms.ledger.models import Act

from .models import User

RECOVERY_CODES = 10
SETTING_UP = 15 * 60  # seconds from seeing the picture to confirming it
_SALT = "people.second_factor"
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[a-z2-7]{16}")
# Digits that base32 does not have, for the letters they look like in print.
_MISREAD = str.maketrans("018", "olb")


def has_one(user: User) -> bool:
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).exists()


def must_have_one(user: User) -> bool:
    """Whether the site demands it: of the roles in SECOND_FACTOR_ROLES, and then of superusers."""
    roles = settings.SECOND_FACTOR_ROLES
    return bool(roles) and (user.is_superuser or any(user.has_role(name) for name in roles))


def wanted(user: User) -> str:
    """What stands between somebody who gave name and password and the desk: "check" (the code),
    "set_up" (there is none yet and must be one), or "" for nothing. One query or two, none for
    who has given the code."""
    if getattr(user, "otp_device", None) is not None:
        return ""
    if has_one(user):
        return "check"
    return "set_up" if must_have_one(user) else ""


@dataclass(frozen=True)
class Draft:
    """A secret that is shown and not yet confirmed; nothing of it is in the database."""

    user_id: int
    key: str = field(default_factory=default_key, repr=False)  # 20 bytes as hex
    replaces: int | None = None  # the device it takes the place of

    @property
    def in_groups(self) -> str:
        """The secret for typing into a phone: base32 in groups of four."""
        return _in_groups(b32encode(bytes.fromhex(self.key)).decode())

    def address(self, user: User) -> str:
        """``otpauth://…``, as the picture says it to the phone."""
        return TOTPDevice(user=user, key=self.key).config_url

    def sealed(self) -> str:
        """The draft as a form carries it; nobody else's and no changed one is read again."""
        return signing.dumps([self.user_id, self.key, self.replaces], salt=_SALT)

    @classmethod
    def unsealed(cls, text: str, user: User) -> "Draft":
        """Raises ValidationError ``stale`` for what is not this person's or too old."""
        try:
            user_id, key, replaces = signing.loads(text, salt=_SALT, max_age=SETTING_UP)
        except signing.BadSignature:
            user_id = None
        if user_id != user.pk:
            raise ValidationError("这张二维码过期了，下面是新的：请重新扫。", code="stale")
        return cls(user_id, key, replaces)


def draft(user: User, replaces: Device | None = None) -> Draft:
    """A new secret. ``replaces``: any device of the person, who has proved to hold it."""
    return Draft(user.pk, replaces=_phone(user).pk if replaces else None)


@transaction.atomic
def turn_on(user: User, made: Draft, code: str) -> tuple[Device, list[str]]:
    """Confirm the draft by a code of it; (the device, its recovery codes, told this once).

    Raises ValidationError: ``changed`` where the person has a device this draft knows nothing of
    (another window was quicker), ``wrong`` for the code. Then nothing is changed.
    """
    _lock(user)
    stood = _phone(user)
    if made.replaces != (stood.pk if stood else None):
        raise ValidationError("两步验证刚才已经设过，以那一次为准。", code="changed")
    _drop_devices(user)
    device = TOTPDevice.objects.create(user=user, key=made.key, name="手机")
    if not _SIX_DIGITS.fullmatch(folded := _fold(code)) or not device.verify_token(folded):
        raise ValidationError(
            "验证码不对。请输入手机上正在显示的六位数字；总是不对，就看看手机时间准不准。",
            code="wrong",
        )
    codes = _new_codes(user)
    Act.record(user, "second_factor_on", user, after={"换手机": True} if stood else {})
    return device, codes


def verify(user: User, typed: str) -> Device:
    """The device whose code this is; the code is used up. Six digits, or a recovery code.

    Raises ValidationError: ``shape``, ``wait`` (too many wrong ones, with the time to wait; the
    code was not even looked at) or ``wrong``, which is counted.
    """
    code = _fold(typed)
    if _SIX_DIGITS.fullmatch(code):
        model, token = TOTPDevice, code
    elif _RECOVERY.fullmatch(code := code.translate(_MISREAD)):
        model, token = StaticDevice, _digest(user, code)
    else:
        raise ValidationError("验证码是六位数字，恢复码是十六位字母和数字。", code="shape")
    # The count of failures must stay, so nothing is raised in here.
    with transaction.atomic():
        device = model.objects.devices_for_user(user, confirmed=True).select_for_update().first()
        allowed, why = device.verify_is_allowed() if device else (True, None)
        is_right = bool(device and allowed and device.verify_token(token))
        if is_right and model is StaticDevice:
            Act.record(user, "recovery_used", user, after={"剩余": recovery_left(user)})
    if not allowed:
        raise ValidationError(
            f"已连续输错 {why['failure_count']} 次，请等 {_wait(why['locked_until'])}再试。",
            code="wait",
        )
    if not is_right:
        raise ValidationError(
            "不对，或者已经用过。验证码每个只能用一次：请等手机上换下一个再输。", code="wrong"
        )
    return device


@transaction.atomic
def turn_off(user: User) -> None:
    """By the person, who has just given a code. Raises ValidationError ``demanded``."""
    if must_have_one(user):
        raise ValidationError("您的角色必须使用两步验证，不能关闭。", code="demanded")
    if _drop_devices(user):
        Act.record(user, "second_factor_off", user)


@transaction.atomic
def renew_recovery(user: User) -> list[str]:
    """New recovery codes, told this once; the old ones are worth nothing from now on."""
    _lock(user)
    codes = _new_codes(user)
    Act.record(user, "recovery_renewed", user)
    return codes


@transaction.atomic
def reset(user: User, by: User | None, reason: str) -> bool:
    """Take the second factor of ``user`` away, so that they set up another; False: had none."""
    _lock(user)
    had = _drop_devices(user)
    if had:
        Act.record(by, "second_factor_reset", user, reason=reason)
    return had


def recovery_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user, device__confirmed=True).count()


def on_since(user: User) -> datetime | None:
    device = _phone(user)
    return device.created_at if device else None


def phones() -> models.QuerySet:
    """The devices of all who have a second factor, for lists of people."""
    return TOTPDevice.objects.filter(confirmed=True)


def _phone(user: User) -> TOTPDevice | None:
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).first()


def _lock(user: User) -> None:
    """Of two windows one comes first; reading goes on."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _drop_devices(user: User) -> bool:
    StaticDevice.objects.filter(user=user).delete()
    return bool(TOTPDevice.objects.filter(user=user).delete()[0])


def _new_codes(user: User) -> list[str]:
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "恢复码"})
    device.token_set.all().delete()
    device.throttle_reset()
    codes = [b32encode(token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_digest(user, code)) for code in codes
    )
    return [_in_groups(code, "-") for code in codes]


def _digest(user: User, code: str) -> str:
    """What the database keeps of a recovery code: 80 bits, as many as the code itself has, so a
    plain hash can't be searched and a stolen copy of the table gives no code."""
    return b32encode(sha256(f"{user.pk}:{code}".encode()).digest()).decode().lower()[:16]


def _fold(typed: str) -> str:
    """Without the spaces and dashes people copy along, full-width letters as narrow ones."""
    return re.sub(r"[\s\-–—]+", "", fold(typed)).lower()


def _in_groups(text: str, between: str = " ") -> str:
    return between.join(text[at : at + 4] for at in range(0, len(text), 4))


def _wait(until: datetime) -> str:
    seconds = ceil((until - timezone.now()).total_seconds())
    for above, size, word in ((172_800, 86_400, "天"), (7_200, 3_600, "小时"), (60, 60, "分钟")):
        if seconds > above:
            return f"{ceil(seconds / size)} {word}"
    return f"{seconds} 秒"
