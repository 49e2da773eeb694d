from django.db import models

from .space import Space


class SpaceRecord(models.Model):
    """What a space's state and price were from a moment on.

    Written by a trigger on the table of spaces (migration 0004), so that no way of saving passes
    it by; who changed it stands in the Acts.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="records")
    at = models.DateTimeField("从何时")
    state = models.CharField("状态", max_length=10, choices=Space.State.choices)
    rent_cny_m2_day = models.DecimalField(
        "租金（元/㎡/天）", max_digits=6, decimal_places=3, null=True
    )
    sale_price_cny_m2 = models.DecimalField(
        "售价（元/㎡）", max_digits=10, decimal_places=2, null=True
    )
    valid_until = models.DateField("报价有效至", null=True)
    available_from = models.DateField("可入驻日", null=True)

    class Meta:
        verbose_name = "空间记录"
        verbose_name_plural = "空间记录"
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["space", "-at"], name="parks_record_of_space")]

    def __str__(self) -> str:
        return f"{self.space_id} {self.get_state_display()} {self.at:%Y-%m-%d}"
