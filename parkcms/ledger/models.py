from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

VERBS = {
    "add": "新建",
    "change": "修改",
    "delete": "删除",
    "publish": "发布",
    "take_down": "下线",
    "put_back": "恢复上线",
    "restore": "恢复旧版",
    "discard": "丢弃草稿",
    "submit": "送审",
    "return": "退回修改",
    "withdraw_submission": "撤回送审",
    "comment": "批注",
    "settle": "解决批注",
    "reopen": "重开批注",
    "preview": "给出预览",
    "revoke": "收回预览",
    "tag": "打标签",
    "untag": "去标签",
    "move": "移到",
    "merge": "合并",
    "replace": "替换",
    "clear_rights": "确认权利",
    "redirect": "改网址",
    "ignore": "忽略",
    "import": "导入",
    "confirm": "确认",
    "reserve": "预订",
    "let": "标为已租",
    "let_again": "重新可租",
    "off_market": "下架",
    "requeue": "重新发送",
    "give_up": "不再发送",
    "receive": "收到",
    "claim": "认领",
    "assign": "分配",
    "note": "跟进",
    "reveal": "显示联系方式",
    "release": "解除疑似",
    "invalid": "标为无效",
    "export": "导出",
    "correct": "访客更正",
    "withdraw": "访客撤回",
    "erase": "删除个人信息",
    "answer": "答复",
    "close": "结案",
    "clear": "处理警报",
    "second_factor_on": "打开两步验证",
    "second_factor_off": "关闭两步验证",
    "second_factor_reset": "重置两步验证",
    "recovery_used": "用掉一个恢复码",
    "recovery_renewed": "换新恢复码",
}


class ActQuerySet(models.QuerySet):
    def about(self, obj: models.Model) -> Self:
        """The story of one row, newest first."""
        return self.filter(object_kind=obj._meta.label_lower, object_id=str(obj.pk))


class Act(models.Model):
    """Who did what to which row, when and why: the only audit there is.

    Plain values and no foreign keys, so the story outlives what it tells of. Written in the
    transaction of the change. A trigger refuses UPDATE and DELETE; ``ledger_forget(edge)`` is
    the one door for retention.
    """

    at = models.DateTimeField("时间", default=timezone.now, editable=False)
    actor_id = models.BigIntegerField("人员编号", null=True, editable=False)
    actor_name = models.CharField("人员", max_length=150, editable=False)
    verb = models.CharField("动作", max_length=40, editable=False)
    object_kind = models.CharField("类别", max_length=80, editable=False)
    object_id = models.CharField("编号", max_length=64, editable=False)
    object_label = models.CharField("对象", max_length=200, editable=False)
    reason = models.TextField("原因", blank=True, editable=False)
    before = models.JSONField("之前", default=dict, encoder=DjangoJSONEncoder, editable=False)
    after = models.JSONField("之后", default=dict, encoder=DjangoJSONEncoder, editable=False)

    objects = ActQuerySet.as_manager()

    class Meta:
        verbose_name = "台账记录"
        verbose_name_plural = "台账"
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["object_kind", "object_id", "-at"], name="ledger_act_story"),
            models.Index(fields=["-at", "-id"], name="ledger_act_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb_label} {self.object_label}"

    @property
    def verb_label(self) -> str:
        return VERBS.get(self.verb, self.verb)

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """(field, before, after) for each field the act names."""
        names = dict.fromkeys([*self.before, *self.after])
        return [(name, self.before.get(name), self.after.get(name)) for name in names]

    @classmethod
    def record(
        cls,
        actor: models.Model | None,
        verb: str,
        obj: models.Model,
        *,
        reason: str = "",
        before: dict | None = None,
        after: dict | None = None,
    ) -> "Act":
        """Write one act; call it inside the change's transaction. No actor: the site itself."""
        act = cls.of(actor, verb, obj, reason=reason, before=before, after=after)
        act.save(force_insert=True)
        return act

    @classmethod
    def of(
        cls,
        actor: models.Model | None,
        verb: str,
        obj: models.Model,
        *,
        reason: str = "",
        before: dict | None = None,
        after: dict | None = None,
    ) -> "Act":
        """What ``record`` writes, not yet written: for many acts in one statement."""
        return cls(
            actor_id=actor.pk if actor else None,
            actor_name=str(actor)[:150] if actor else "系统",
            verb=verb,
            object_kind=obj._meta.label_lower,
            object_id=str(obj.pk),
            object_label=str(obj)[:200],
            reason=reason,
            before=before or {},
            after=after or {},
        )
