"""Tables of spaces at the desk: get one, hand one in, see what it would change, take it over."""

import csv
import io
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parkcms.ledger.guarded import is_key
from parkcms.library.refusals import Refused

from . import desk_grid, table_applying, table_cells, table_reading, table_writing
from .desk_spaces import SpaceAdmin
from .models import Park, Phase, Space, Upload
from .table_checking import Checked, Row
from .table_columns import BY_NAME, HAVING

SHOWN = 200  # problems, warnings and changed rows of one page; the rest of the problems as CSV
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class UploadForm(forms.Form):
    """Which file, and whose spaces are in it."""

    park = forms.ModelChoiceField(
        Park.objects.none(), label="园区", required=False, empty_label="表里有“园区”一列",
        error_messages={"invalid_choice": "没有这个园区，或它不归你管。"},
    )  # fmt: skip
    file = forms.FileField(
        label="空间表",
        max_length=200,
        help_text=".xlsx 或 .csv，最大 5 MB，最多 10,000 行。",
        error_messages={"required": "请选一个文件。", "empty": "文件是空的（0 字节）。"},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt"}),
    )

    def __init__(self, *args: Any, parks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["park"].queryset = parks

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > table_reading.MOST_BYTES:
            raise forms.ValidationError(
                "文件超过 5 MB。请删去图片，或拆成几个文件分别上传。", code="size"
            )
        return file


def _check_right(request: HttpRequest) -> None:
    if not request.user.has_perms(["parks.add_space", "parks.change_space"]):
        raise PermissionDenied


def _park_of(request: HttpRequest) -> Park | None:
    """The park the address names, where this person keeps it."""
    key = request.GET.get("park", "")
    if not key:
        return None
    if not is_key(key):
        raise Http404
    return get_object_or_404(Park.objects.kept_by(request.user), pk=key)


@require_GET
def table(request: HttpRequest, kind: str) -> HttpResponse:
    """The empty table; with a park chosen, without the column 园区."""
    _check_right(request)
    return _file(kind, "空间表模板", [], with_park=_park_of(request) is None)


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The spaces as they are, in the columns of the template."""
    _check_right(request)
    park = _park_of(request)
    parks = [park] if park else Park.objects.kept_by(request.user)
    spaces = Space.objects.filter(park__in=parks).order_by("park_id", "code", "id")
    rows = table_writing.rows_of(spaces, park is None)
    return _file(kind, f"{timezone.localdate()} 空间", rows, with_park=park is None)


def _file(kind: str, name: str, rows: Any, *, with_park: bool) -> HttpResponse:
    write = {"xlsx": table_writing.as_xlsx, "csv": table_writing.as_csv}[kind]
    return HttpResponse(
        write(rows, with_park),
        content_type=KINDS[kind],
        headers={"Content-Disposition": _attached(f"{name}.{kind}")},
    )


def _attached(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: HttpRequest) -> HttpResponse:
    """The form for a file; a file handed in is kept, and looked through on its own page."""
    _check_right(request)
    parks = Park.objects.kept_by(request.user).order_by("name_zh")
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, parks=parks)
        if form.is_valid():
            table_applying.forget_old()
            file = form.cleaned_data["file"]
            name = file.name.replace("\x00", "")[:200]
            upload = Upload.objects.create(
                park=form.cleaned_data["park"], by=request.user, name=name, content=file.read()
            )
            return HttpResponseRedirect(reverse("admin:parks_space_dry_run", args=[upload.pk]))
    else:
        park = request.GET.get("park", "")
        form = UploadForm(initial={"park": park} if is_key(park) else {}, parks=parks)
    mine = Upload.objects.filter(by=request.user).defer("content").select_related("park")[:10]
    context = _context(request, "导入空间") | {"form": form, "uploads": mine}
    return render(request, "admin/parks/space/upload.html", context)


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return admin.site.each_context(request) | {"title": title, "opts": Space._meta}


def _mine(request: HttpRequest, pk: int) -> Upload:
    _check_right(request)
    if pk >= 2**63:
        raise Http404
    return get_object_or_404(Upload.objects.select_related("park"), pk=pk, by=request.user)


@require_GET
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the table would change, and what is wrong with it."""
    upload = _mine(request, pk)
    context = _context(request, f"看一遍：{upload.name}") | {
        "upload": upload,
        "may_publish": request.user.has_perm("parks.publish_space"),
    }
    if not upload.applied_at:
        try:
            read, checked = table_applying.look(upload, request.user)
            context |= _told(read.notes, checked)
        except Refused as error:
            context["refused"] = str(error)
    return render(request, "admin/parks/space/dry_run.html", context)


def _told(notes: list[str], checked: Checked) -> dict[str, Any]:
    problems, warnings, changed = checked.problems, checked.warnings, checked.of("changed")
    counts = [(kind, word, len(checked.of(kind))) for kind, word in WORDS.items()]
    return {
        "notes": notes,
        "counts": counts,
        "count_of_rows": len(checked.rows),
        "problems": problems[:SHOWN],
        "more_problems": len(problems) - SHOWN,
        "warnings": warnings[:SHOWN],
        "more_warnings": len(warnings) - SHOWN,
        "changed": [(row, _pairs(row)) for row in changed[:SHOWN]],
        "more_changed": len(changed) - SHOWN,
        "new": [(row, _pairs(row)) for row in checked.of("new")[:SHOWN]],
        "more_new": len(checked.of("new")) - SHOWN,
        "digest": checked.digest(),
        "ready": not problems and bool(checked.rows),
    }


WORDS = {"new": "新空间", "changed": "有改动", "unchanged": "没有改动", "wrong": "有问题"}
_HAVING = {having: name for name, having in HAVING.items()}


def _pairs(row: Row) -> list[tuple[str, str, str]]:
    """(heading, before, after) in words of what a row changes."""
    told = []
    for name, (before, after) in row.changes.items():
        if name in _HAVING and _HAVING[name] in row.changes:
            continue  # said by the machines themselves
        column = BY_NAME[_HAVING.get(name, name)]
        told.append((column.heading, _words(column, before), _words(column, after)))
    return told


def _words(column: Any, value: Any) -> str:
    if isinstance(value, Phase):
        return value.name_zh
    return table_cells.shown(column, value) or "（空）"


@require_GET
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    """All problems and warnings as CSV."""
    upload = _mine(request, pk)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["行", "列", "要紧", "问题"])
    try:
        _read, checked = table_applying.look(upload, request.user)
    except Refused as error:
        writer.writerow(["", "", "要改", str(error)])
    else:
        for word, found in (("要改", checked.problems), ("请核对", checked.warnings)):
            for one in found:
                writer.writerow([one.row, one.label, word, table_writing.safe(one.words)])
    return HttpResponse(
        out.getvalue().encode("utf-8-sig"),
        content_type=KINDS["csv"],
        headers={"Content-Disposition": _attached("问题.csv")},
    )


@require_POST
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Save all of it or nothing; what was shown is what is saved."""
    upload = _mine(request, pk)
    publish = request.POST.get("publish") == "now"
    if publish and not request.user.has_perm("parks.publish_space"):
        raise PermissionDenied
    try:
        checked = table_applying.take_over(
            upload,
            request.user,
            request.POST.get("digest", ""),
            publish=publish,
            confirm="confirm" in request.POST,
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        new, changed = len(checked.of("new")), len(checked.of("changed"))
        messages.success(request, f"已导入：新建 {new} 处，改了 {changed} 处。")
    return HttpResponseRedirect(reverse("admin:parks_space_dry_run", args=[pk]))


def routes() -> list[URLPattern]:
    """The addresses, under that of the list of spaces."""

    def view(function: Any) -> Any:
        return admin.site.admin_view(function)

    return [
        path("table.xlsx", view(table), {"kind": "xlsx"}, name="parks_space_table"),
        path("table.csv", view(table), {"kind": "csv"}, name="parks_space_table_csv"),
        path("spaces.xlsx", view(export), {"kind": "xlsx"}, name="parks_space_export"),
        path("spaces.csv", view(export), {"kind": "csv"}, name="parks_space_export_csv"),
        path("grid/", view(desk_grid.grid), name="parks_space_grid"),
        path("upload/", view(hand_in), name="parks_space_upload"),
        path("upload/<int:pk>/", view(dry_run), name="parks_space_dry_run"),
        path("upload/<int:pk>/problems.csv", view(problems), name="parks_space_problems"),
        path("upload/<int:pk>/apply/", view(take_over), name="parks_space_take_over"),
    ]


admin.site.unregister(Space)


@admin.register(Space)
class SpaceTablesAdmin(SpaceAdmin):
    """The desk of spaces, with the tables they come in."""

    change_list_template = "admin/parks/space/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [*routes(), *super().get_urls()]
