"""Checks that run before the site starts, and refuse what must not go to the public."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import DatabaseError, connections


@register(Tags.database)
def no_demo_people(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Production refuses to start while an active demo person exists."""
    from parkcms.people.models import User

    if not settings.PRODUCTION or not databases:
        return []
    try:
        if "people_user" not in connections[databases[0]].introspection.table_names():
            return []
        names = list(
            User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True)
        )
    except DatabaseError:
        return []
    if not names:
        return []
    return [
        checks.Error(
            f"库里有演示人员：{'、'.join(names)}。",
            hint="生产环境请用新的数据库，或先停用他们：manage.py retire_demo_people。",
            id="parkcms.E001",
        )
    ]


@register(Tags.database)
def filing_numbers(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """In production the ICP number must stand at the foot of the pages."""
    from .models import SiteProfile

    if not settings.PRODUCTION or not databases:
        return []
    try:
        profile = SiteProfile.objects.filter(pk=1).first()
    except DatabaseError:
        return []
    if profile is None or profile.icp_number:
        return []
    return [
        checks.Warning(
            "还没有填写 ICP 备案号。",
            hint="在后台“站点资料”里填写；未标明的可处 5,000–10,000 元罚款。",
            id="parkcms.W001",
        )
    ]


@register(Tags.security, deploy=True)
def proxy_is_trusted(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Behind a Unix socket every visitor would count as one, for the limits and the log-in."""
    is_socket = os.environ.get("PARKCMS_BIND", "").startswith("unix:")
    if not is_socket or "unix" in settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "网站在 Unix 套接字后面，却没有信任代理给出的访客地址。",
            hint="请设 PARKCMS_TRUSTED_PROXIES=unix，否则所有访客合用一个限额。",
            id="parkcms.W002",
        )
    ]
