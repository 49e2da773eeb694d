"""What wants doing today, for the person who opens the desk: a list for each kind of work, what has
a clock first. Each costs one indexed query; none where it is not this person's work.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from articles import desk_list
from articles.models import Article, Comment
from leads import desk_words as words
from leads import journal
from leads.models import Alarm, Enquiry
from parkcms.addresses.models import BrokenLink, Missing
from parkcms.library.models import Picture
from parkcms.outbox.models import Notice

from . import park_tasks
from .models import Complaint
from .task_lists import SHOWN, Task
from .task_lists import task_of as _task

MOST_READ = 100  # articles among which those to refresh are looked for
STALE = timedelta(days=180)


def tasks_for(request: HttpRequest) -> list[Task]:
    """What this person may do, done or not, in the order in which it wants doing."""
    found = [make(request) for make in _IN_ORDER]
    return [task for task in found if task is not None]


def _alarms(request: HttpRequest) -> Task | None:
    """Only where there is one; asks the journal itself, too: what can't be written may be that."""
    if not request.user.has_perm("leads.view_alarm"):
        return None
    task = _task(
        "警报",
        "需求的保存出了问题：看过、处理好，再点“已处理”。",
        Alarm.objects.raised(),
        "leads_alarm",
        "?cleared_at__isempty=1",
        lambda row: f"{timezone.localtime(row.last_at):%m-%d %H:%M}，{row.count} 次",
        name=lambda row: row.detail or str(row),
    )
    if trouble := journal.trouble():
        task = replace(task, rows=[(task.more_url, trouble, "现在"), *task.rows])
    return replace(task, tone="alarm") if task.rows else None


def _waiting(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("leads.change_enquiry"):
        return None
    rows = Enquiry.objects.seen_by(request.user).waiting().order_by("submitted_at", "id")
    return _enquiries(
        "新需求",
        "最早的在前：先认领，再联系。",
        rows,
        "?status=new&o=1",
        lambda row, words: words.ago(row.submitted_at),
    )


def _due(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("leads.change_enquiry"):
        return None
    rows = Enquiry.objects.open().filter(next_step_on__lte=timezone.localdate())
    sees_all = request.user.has_perm("leads.see_every_enquiry")
    mine = rows if sees_all else rows.filter(owner=request.user)
    return _enquiries(
        "下一步到期",
        "今天和更早的：做完了就定下一个日期。",
        mine.order_by("next_step_on", "id"),
        "?due=now&o=6" + ("" if sees_all else "&whose=me"),
        lambda row, words: f"{row.next_step_on:%m-%d} {words.hide(row.next_step)}",
    )


def _held(request: HttpRequest) -> Task | None:
    is_lead = request.user.has_perm("leads.see_every_enquiry")
    if not (is_lead and request.user.has_perm("leads.change_enquiry")):
        return None
    rows = Enquiry.objects.open().filter(held=True).order_by("-submitted_at", "-id")
    return _enquiries(
        "疑似垃圾",
        "还没有通知任何人：看一眼，不是就放行。",
        rows,
        "?status=held",
        lambda row, words: words.ago(row.submitted_at),
    )


def _enquiries(
    title: str, why: str, rows: QuerySet, query: str, detail: Callable[[Any, Any], str]
) -> Task:
    """A list of enquiries under who asks and what for, numbers masked."""
    return _task(
        title,
        why,
        rows,
        "leads_enquiry",
        query,
        lambda row: detail(row, words),
        name=lambda row: f"{words.who(row)} · {words.wish(row) or row.masked_contact}",
    )


def _complaints(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parkcms.change_complaint"):
        return None
    return replace(
        _task(
            "投诉与更正",
            "按期限排：先认领，答复了钟就停，再结案。",
            Complaint.objects.open_by_due(),
            "parkcms_complaint",
            "",
            lambda row: row.clock[1],
            name=lambda row: f"{row.get_kind_display()}：{row.about_title or row.about_path}",
        ),
        tone="clock",
    )


def _to_review(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.publish_article"):
        return None
    return _articles(
        "待我审",
        "等得最久的在前：发布，或写明意见退回。",
        Article.objects.filter(stage=Article.Stage.SUBMITTED).order_by("stage_at", "id"),
        {"stage__exact": "submitted"},
        lambda row: words.ago(row.stage_at) if row.stage_at else "",
    )


def _returned(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.change_article"):
        return None
    rows = Article.objects.owned_by(request.user).filter(stage=Article.Stage.RETURNED)
    return _articles(
        "退回给我的",
        "看过意见，改好再送审。",
        rows.order_by("stage_at", "id"),
        {"stage__exact": "returned", "whose": "me"},
        lambda row: words.ago(row.stage_at) if row.stage_at else "",
    )


def _remarks(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.change_article"):
        return None
    others = Comment.objects.filter(article=OuterRef("pk"), settled_at=None)
    rows = Article.objects.owned_by(request.user).filter(
        Exists(others.exclude(author=request.user))
    )
    return _articles(
        "对我文章的批注",
        "同事提的、还没有解决的。",
        rows.order_by("-edited_at", "-id"),
        {"remarks": "others", "whose": "me"},
        lambda row: "",
    )


def _coming(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.change_article"):
        return None
    return _articles(
        "今天和明天要上线的",
        "到点自动上线：再看一眼时间和内容。",
        _own(request).filter(desk_list.coming()).order_by("publish_at", "id"),
        {"live": "coming"} | _whose(request),
        lambda row: f"{timezone.localtime(row.publish_at):%m-%d %H:%M}",
        tone="clock",
    )


def _ending(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.change_article"):
        return None
    return _articles(
        "七天内到期的",
        "到点自动下线：还有用就延期。",
        _own(request).filter(desk_list.ending()).order_by("expire_at", "id"),
        {"live": "ending"} | _whose(request),
        lambda row: f"{timezone.localtime(row.expire_at):%m-%d %H:%M}",
        tone="clock",
    )


def _drafts(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.change_article"):
        return None
    rows = Article.objects.owned_by(request.user).filter(desk_list.unpublished())
    return _articles(
        "我的草稿",
        "没发布的，和写在已发布文章上、还没换上去的改动。",
        rows.order_by("-edited_at", "-id"),
        {"live": "open", "whose": "me"},
        lambda row: (
            f"{timezone.localtime(row.edited_at):%m-%d} 改过"
            + ("，已上线" if row.publish_at else "")
        ),
    )


def _lost_citations(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.edit_every_article"):
        return None
    return _articles(
        "引文找不到了",
        "正文改过，引用的原话不在了：请改引文或删掉引用。",
        Article.objects.filter(citations__is_lost=True).distinct().order_by("-id"),
        {"citations__is_lost__exact": "1"},
        lambda row: "",
    )


def _unclear_rights(request: HttpRequest) -> Task | None:
    """By medium, the one with most articles first."""
    if not request.user.has_perm("articles.publish_article"):
        return None
    rows = Article.objects.filter(rights=Article.Rights.UNVERIFIED).values("publisher")
    found = list(rows.annotate(number=Count("pk")).order_by("-number", "publisher")[: SHOWN + 1])
    page = reverse("admin:articles_article_rights")
    shown = [
        (
            f"{page}?{urlencode({'publisher': row['publisher']})}",
            row["publisher"] or "（没写来源）",
            f"{row['number']:,} 篇",
        )
        for row in found[:SHOWN]
    ]
    why = "搜索引擎不收录；问到了来源，整批确认。"
    return Task("转载权利待核实", why, shown, page, len(found) > SHOWN)


def _to_refresh(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("articles.edit_every_article"):
        return None
    read = Article.objects.published().filter(legacy_views__isnull=False)
    most = read.order_by("-legacy_views").values("pk")[:MOST_READ]
    rows = Article.objects.filter(pk__in=most, updated_at__lt=timezone.now() - STALE)
    task = _articles(
        "该更新的页面",
        f"旧站上阅读最多的 {MOST_READ} 篇里半年没改的，最久的在前；本站自己还不计阅读数。",
        rows.order_by("updated_at", "id"),
        {},
        lambda row: f"{timezone.localtime(row.updated_at):%Y-%m} · 原站阅读 {row.legacy_views:,}",
    )
    return replace(task, more=False)


def _broken_links(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("addresses.change_brokenlink"):
        return None
    return _task(
        "断链",
        "文章和页面里点不开的链接：改地址，或不再提醒。",
        BrokenLink.objects.listed(),
        "addresses_brokenlink",
        "",
        lambda row: row.reason,
    )


def _missing(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("addresses.change_missing"):
        return None
    return _task(
        "访客没找到的地址",
        "有人一再来找：指到现在的页面，或忽略。",
        Missing.objects.worth_a_look(),
        "addresses_missing",
        "",
        lambda row: f"{row.count:,} 次",
    )


def _pictures(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("library.change_picture"):
        return None
    return _task(
        "图片待补说明",
        "写一句图上有什么，用了它的文章才能发布。",
        Picture.objects.pending().order_by("-id"),
        "library_picture",
        "?is_pending__exact=1",
        lambda row: f"{timezone.localtime(row.created_at):%m-%d} 上传",
    )


def _own(request: HttpRequest) -> QuerySet[Article]:
    """Everybody's for an editor, else this person's."""
    is_editor = request.user.has_perm("articles.edit_every_article")
    return Article.objects.all() if is_editor else Article.objects.owned_by(request.user)


def _whose(request: HttpRequest) -> dict[str, str]:
    return {} if request.user.has_perm("articles.edit_every_article") else {"whose": "me"}


def _articles(
    title: str,
    why: str,
    rows: QuerySet[Article],
    query: dict[str, str],
    detail: Callable[[Article], str],
    tone: str = "",
) -> Task:
    columns = ("title", "publish_at", "expire_at", "stage_at", "updated_at", "edited_at",
               "legacy_views")  # fmt: skip
    asked = f"?{urlencode(query)}" if query else ""
    task = _task(title, why, rows.only(*columns), "articles_article", asked, detail)
    return replace(task, tone=tone)


def _undelivered(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("outbox.requeue_notice"):
        return None
    rows = Notice.objects.dead()
    return _task(
        "通知没有送达",
        "试过几次都没成：改好原因后重新发送，或不再发送。",
        rows.only("channel", "subject", "last_error"),
        "outbox_notice",
        "?state__exact=dead",
        lambda row: row.why,
    )


# What must not wait, what has a clock, what somebody waits for, one's own work, upkeep.
_IN_ORDER = (
    _alarms,
    _complaints,
    _waiting,
    _due,
    _held,
    _to_review,
    _returned,
    _remarks,
    _coming,
    _ending,
    _drafts,
    _undelivered,
    _lost_citations,
    _broken_links,
    _missing,
    _pictures,
    _unclear_rights,
    park_tasks.ending_policies,
    park_tasks.conflicts,
    park_tasks.without_source,
    park_tasks.undated,
    park_tasks.old_figures,
    park_tasks.to_confirm,
    park_tasks.prices,
    _to_refresh,
)
