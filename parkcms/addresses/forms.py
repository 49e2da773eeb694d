"""What is wrong with an address somebody wants to lead elsewhere; what holds of both together is
a constraint of the row."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from . import answers, paths
from .models import Redirect
from .models.redirect import check_pair


def living_page(text: str) -> str:
    """The path of a page that answers today, read from what was typed; of one that has moved, the
    path it has now. Raises ValidationError (paths.read, no_page)."""
    path, answer = answers.final(paths.read(text))
    if not answer.is_page:
        raise ValidationError(
            f"这个地址现在打不开（{answer.status}），请换一个能打开的页面。", code="no_page"
        )
    return path


def given_up(path: str) -> str:
    """The path itself; raises ValidationError (lives) while there is a page under it."""
    if answers.at(path).is_page:
        raise ValidationError("这个地址现在打得开，不需要改。", code="lives")
    return path


class TargetForm(forms.Form):
    """Where a path that visitors missed leads from now on."""

    new_path = forms.CharField(
        label="改到",
        max_length=1_000,
        help_text="本站的页面，如 /parks/ 或 /articles/12/；也可以粘贴整个网址。",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, old_path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_path = old_path

    def clean_new_path(self) -> str:
        new = living_page(self.cleaned_data["new_path"])
        given_up(self.old_path)
        if new == self.old_path:
            raise ValidationError("新旧地址是一样的。", code="same")
        check_pair(self.old_path, new, is_prefix=False)
        return new


class RedirectForm(forms.ModelForm):
    class Meta:
        model = Redirect
        fields = ("old_path", "new_path", "is_prefix", "why")

    def clean_old_path(self) -> str:
        return given_up(paths.read(self.cleaned_data["old_path"]))

    def clean_new_path(self) -> str:
        return living_page(self.cleaned_data["new_path"])
