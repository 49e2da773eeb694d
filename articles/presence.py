"""Who has an article's form open. A page says so every few seconds; one that says nothing for a
minute is gone. It decides nothing: there is no lock."""

from datetime import datetime, timedelta

from django.utils import timezone

from parkcms.people.models import User

from .models import Article, Presence
from .models.editing import GONE_AFTER

KEPT_FOR = timedelta(days=1)


def arrive(article: Article, person: User) -> None:
    """A sign of this person's page. Who was away for a minute has opened it anew."""
    now = timezone.now()
    mine = Presence.objects.filter(article=article, person=person)
    if mine.filter(seen_at__gt=now - GONE_AFTER).update(seen_at=now):
        return
    Presence.objects.update_or_create(
        article=article, person=person, defaults={"since": now, "seen_at": now}
    )


def leave(article: Article, person: User) -> None:
    Presence.objects.filter(article=article, person=person).delete()


def others(article: Article, person: User) -> list[str]:
    """A sentence for each other person who is here, the first to come first. One query."""
    now = timezone.now()
    rows = article.presences.here(now).exclude(person=person).select_related("person")
    return [
        f"{row.person} 正在编辑这篇（{_opened(now - row.since)}）" for row in rows.order_by("since")
    ]


def forget_old(now: datetime | None = None) -> int:
    """Deletes signs of more than a day ago; how many."""
    return Presence.objects.filter(seen_at__lt=(now or timezone.now()) - KEPT_FOR).delete()[0]


def _opened(ago: timedelta) -> str:
    minutes = int(ago.total_seconds() // 60)
    if minutes < 1:
        return "刚刚打开"
    if minutes < 60:
        return f"{minutes} 分钟前打开"
    return f"{minutes // 60} 小时前打开"
