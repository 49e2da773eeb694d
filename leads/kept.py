"""What is kept and for how long, for people: the page /enquiries/kept/ and docs/retention.md."""

from collections import defaultdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_safe

from .retention import NOT_PERSONAL, RULES, Rule


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """The table of retention; asks no database of its own."""
    rows = [(rule, how_long(rule)) for rule in RULES]
    return render(request, "leads/kept.html", {"rows": rows})


def how_long(rule: Rule) -> str:
    """The time in words: 30 天, at once, or for as long as the reason holds."""
    if rule.keep is None:
        return _("不设期限")
    if rule.keep == 0:
        return _("立即处理")
    return ngettext("%(n)d 天", "%(n)d 天", rule.keep) % {"n": rule.keep}


INTRODUCTION = """# 个人信息保存多久

<!-- 由 manage.py retain --table 写成，请改 leads/retention.py 里的表，不要改这里。 -->

到期的内容由后台任务每天 03:20（北京时间）清理，也可以随时运行 `manage.py retain`；每次留下一份
只有数目的报告。字段没有写进这张表时，`manage.py check` 不通过。示例需求不是任何人的，不清理。
“法律”一栏说的是《个人信息保护法》。

备份里的内容不受这些期限约束，只能随备份一起到期；从备份恢复之后，先运行 `manage.py retain`，
再对外开放。需求日志在每台主机自己的磁盘上，删除时立即清理当时那台主机的，其余主机的在写进资料库
后由各自的清理删去。

投诉与更正（/report/）里的个人信息不在这张表里，由 parkcms/complaint_retention.py 的表管，每天
03:40 清理：内容的指纹满 1 天清空；姓名、联系方式和来访网络在结案满 365 天时清空，同时遮去正文里的
号码和姓名；问题、依据和结案说明在结案满 1095 天时清空。没有结案的一直保留。
"""


def document() -> str:
    """docs/retention.md: the table with the names of all columns, in Chinese."""
    with override("zh-hans"):
        lines = [
            INTRODUCTION,
            "## 期限",
            "",
            "| 内容 | 保存多久 | 从何时起 | 到期后 | 为什么 | 法律 |",
        ]
        lines.append("|---|---|---|---|---|---|")
        for rule in RULES:
            cells = (rule.group, how_long(rule), rule.since, rule.then.label, rule.why, rule.law)
            lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
        lines += ["", "## 字段", "", "| 规则 | 字段 |", "|---|---|"]
        together = defaultdict(list)
        for rule in RULES:
            together[rule.fields].append(rule.name)
        lines += [f"| {'、'.join(names)} | {_columns(fields)} |"
                  for fields, names in together.items() if fields]  # fmt: skip
        lines += ["", "## 不算个人信息的字段", "", "| 理由 | 字段 |", "|---|---|"]
        reasons = defaultdict(list)
        for name, reason in NOT_PERSONAL.items():
            reasons[reason].append(name)
        lines += [f"| {reason} | {_columns(names)} |" for reason, names in reasons.items()]
    return "\n".join(lines) + "\n"


def _columns(names: tuple[str, ...] | list[str]) -> str:
    """leads.Enquiry: `phone_raw`, `email`; outbox.Notice: `body`, each model once."""
    models = defaultdict(list)
    for name in names:
        model, _dot, column = name.rpartition(".")
        models[model].append(f"`{column}`")
    return "；".join(f"{model}：{'、'.join(columns)}" for model, columns in models.items())
