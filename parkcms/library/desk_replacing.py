"""Another file for a row, with a reason: pages that show it show the new one."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html

from .models import Known, Shelved
from .refusals import Refused, empty


class ReplaceForm(forms.Form):
    file = forms.FileField(label="新文件", allow_empty_file=True)
    reason = forms.CharField(
        label="为什么换",
        max_length=200,
        help_text="如“换成清晰的扫描件”。会写进台账。",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ReplacingAdmin(admin.ModelAdmin):
    """A page ``<row>/replace/`` for who may change the row."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replace_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_replace"
        return [path("<path:object_id>/replace/", view, name=name), *super().get_urls()]

    def replace_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = ReplaceForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._replace(request, row, form):
            self.message_user(
                request,
                "文件已替换，用到它的页面都会显示新的。请看看说明、图注和焦点还对不对。",
                messages.SUCCESS,
            )
            opts = self.opts
            address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
            return HttpResponseRedirect(address)
        context = {
            **self.admin_site.each_context(request),
            "title": f"替换文件：{row}",
            "form": form,
            "object": row,
            "opts": self.opts,
            "accept": getattr(self, "upload_accept", ""),
        }
        return TemplateResponse(request, "admin/library/replace.html", context)

    def _replace(self, request: HttpRequest, row: Shelved, form: ReplaceForm) -> bool:
        """False with the form's error where the file can't be taken."""
        file = form.cleaned_data["file"]
        try:
            empty(file.size)
            row.replace(file, request.user, form.cleaned_data["reason"])
        except Known as error:
            form.add_error("file", forms.ValidationError(self._pointing(error), code=error.code))
        except Refused as error:
            form.add_error("file", forms.ValidationError(str(error), code=error.code))
        return form.is_valid()

    def _pointing(self, error: Known) -> str:
        opts = self.opts
        page = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[error.row.pk])
        return format_html('{} <a href="{}">打开它</a>', str(error), page)
