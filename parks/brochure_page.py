"""Brochures over HTTP: of a park, of chosen spaces of it, of chosen spaces of several parks."""

import re

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from . import brochure, brochure_pdf, brochure_shelf, profile
from .models import Space

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}", re.ASCII)
_PAIR = re.compile(rf"{_SLUG.pattern}/{_SLUG.pattern}", re.ASCII)


@require_safe
@cache_control(public=True, max_age=300)
def park(request: HttpRequest, slug: str) -> HttpResponse:
    """The brochure of a park; ``?space=<slug>``, up to twelve times, that of chosen spaces."""
    row = get_object_or_404(profile.parks_with_names(), slug=slug)
    wanted = _asked(request, _SLUG)
    found = _spaces().filter(park=row, slug__in=wanted) if wanted else Space.objects.none()
    chosen = _all_of(wanted, {space.slug: space for space in found})
    made = brochure.of_park(row, chosen, _site_name(request))
    name = _("%(name)s 招商手册") % {"name": row.name}
    return _answer(request, made, [row.slug, *wanted], name)


@require_safe
@cache_control(public=True, max_age=300)
def spaces(request: HttpRequest) -> HttpResponse:
    """The brochure of chosen spaces: ``?space=<park>/<space>``, one to twelve times."""
    wanted = _asked(request, _PAIR)
    if not wanted:
        raise Http404("no space was chosen")
    slugs = [pair.split("/") for pair in wanted]
    found = _spaces().filter(
        park__slug__in={park for park, _space in slugs}, slug__in={space for _park, space in slugs}
    )
    chosen = _all_of(wanted, {f"{space.park.slug}/{space.slug}": space for space in found})
    query = "&".join(f"space={pair}" for pair in wanted)
    made = brochure.of_spaces(chosen, _site_name(request), f"{request.path}?{query}")
    return _answer(request, made, wanted, _("空间手册"))


def _asked(request: HttpRequest, form: re.Pattern[str]) -> list[str]:
    """What was chosen, each once and in one order, so that an edition has one address."""
    wanted = sorted(set(request.GET.getlist("space")))
    if len(wanted) > brochure.MAX_SPACES or not all(map(form.fullmatch, wanted)):
        raise Http404("no such choice of spaces")
    return wanted


def _spaces() -> QuerySet[Space]:
    return (
        Space.objects.published()
        .select_related("park__cover", "park__contact", "phase", "floor_plan", "source")
        .prefetch_related("pictures__picture")
    )


def _all_of(wanted: list[str], found: dict[str, Space]) -> list[Space]:
    if missing := [one for one in wanted if one not in found]:
        raise Http404(f"no such space: {missing[0]}")
    return [found[one] for one in wanted]


def _site_name(request: HttpRequest) -> str:
    """What the site calls itself in the active language; a template knows, this room does not."""
    return render_to_string("parks/_brochure_by.txt", request=request).strip()


def _answer(
    request: HttpRequest, made: brochure.Brochure, address: list[str], name: str
) -> HttpResponse:
    key = brochure_pdf.key(made)
    etag = f'"{key[:32]}"'
    # No edition is made for who has it already.
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _file(made, [get_language() or "", *address], key, name)
    if answer.status_code in {200, 304}:
        answer["ETag"] = etag
    return answer


def _file(made: brochure.Brochure, address: list[str], key: str, name: str) -> HttpResponse:
    try:
        path = brochure_shelf.edition(
            " ".join(address), key, lambda: brochure_pdf.compile_pdf(made)
        )
        data = path.read_bytes()
    except brochure_shelf.Busy:
        return HttpResponse(
            _("手册正在生成，请过十几秒再打开。"), status=503, headers={"Retry-After": "15"},
            content_type="text/plain; charset=utf-8",
        )  # fmt: skip
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(False, f"{name}.pdf")
    return answer
