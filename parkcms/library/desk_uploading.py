"""Many files at once at the desk: dropped, pasted or chosen, each answered by itself."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.http import require_POST

from . import names
from .models import Shelved
from .refusals import Refused, empty

MOST_AT_ONCE = 10  # of a form without scripts: all of them within one answer


class UploadingAdmin(admin.ModelAdmin):
    """Takes files over ``<list>/upload/``: a POST with one ``file`` is answered in JSON; a form
    that asks for a page may send several and gets back to the list.

    JSON of a taken file: ``told()`` with ``id``, ``name``, ``is_new``, ``change_url`` and, where
    it was known before, ``note``. Refused: 422 with ``error``, a sentence, and ``code``.
    """

    upload_fields: dict[str, Any] = {}
    upload_accept = ""
    upload_words = ""  # "图片"
    upload_limits = ""

    def told(self, row: Shelved) -> dict[str, Any]:
        """What a script is told of a row."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.upload_view))
        return [path("upload/", view, name=self._page("upload")), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        upload = {
            "url": reverse(f"admin:{self._page('upload')}"),
            "accept": self.upload_accept,
            "words": self.upload_words,
            "limits": self.upload_limits,
            "most": MOST_AT_ONCE,
        }
        return super().changelist_view(request, {"upload": upload, **(extra_context or {})})

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        files = request.FILES.getlist("file")
        if "text/html" in request.headers.get("Accept", ""):
            return self._answer_form(request, files)
        return self._answer_script(request, files)

    def _answer_script(self, request: HttpRequest, files: list[UploadedFile]) -> JsonResponse:
        if len(files) != 1:
            return _refusal(Refused("one_file", "请一次发一个文件。"))
        try:
            row, is_new = self._take(request, files[0])
        except Refused as error:
            return _refusal(error)
        answer = {
            "id": row.pk,
            "name": row.name,
            "is_new": is_new,
            "change_url": reverse(f"admin:{self._page('change')}", args=[row.pk]),
            **self.told(row),
        }
        return JsonResponse(answer if is_new else answer | {"note": self._known(row)})

    def _answer_form(self, request: HttpRequest, files: list[UploadedFile]) -> HttpResponse:
        if not files:
            self.message_user(request, "请先选择文件。", messages.ERROR)
        elif len(files) > MOST_AT_ONCE:
            text = f"一次最多 {MOST_AT_ONCE} 个文件，这次有 {len(files)} 个，一个也没有收。"
            self.message_user(request, text, messages.ERROR)
        else:
            for file in files:
                self._take_and_say(request, file)
        return HttpResponseRedirect(reverse(f"admin:{self._page('changelist')}"))

    def _take_and_say(self, request: HttpRequest, file: UploadedFile) -> None:
        name = names.cleaned(file.name or "") or "没有名字的文件"
        try:
            row, is_new = self._take(request, file)
        except Refused as error:
            self.message_user(request, f"{name}：{error}", messages.ERROR)
        else:
            said = "已上传。" if is_new else self._known(row)
            level = messages.SUCCESS if is_new else messages.WARNING
            self.message_user(request, f"{name}：{said}", level)

    def _take(self, request: HttpRequest, file: UploadedFile) -> tuple[Shelved, bool]:
        empty(file.size)
        try:
            return self.model.objects.take(file, request.user, **self.upload_fields)
        except ValidationError as error:
            raise Refused("invalid", " ".join(error.messages)) from error

    def _known(self, row: Shelved) -> str:
        return f"早已上传过，就是“{row}”（编号 {row.pk}），没有重复保存。"

    def _page(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"


def _refusal(error: Refused) -> JsonResponse:
    return JsonResponse({"error": str(error), "code": error.code}, status=422)
