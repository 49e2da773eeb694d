"""The page of one park, as known today or by an earlier day."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import known, places, profile, schematic
from .models import ParkIndustry


@require_safe
def park(request: HttpRequest, slug: str) -> HttpResponse:
    """``?as_of=`` a year, month or day shows what was known by its end; anything else is 404."""
    as_of = None
    if "as_of" in request.GET:
        try:
            as_of = known.asked(request.GET["as_of"])
        except known.AsOfError as error:
            raise Http404 from error
    row = get_object_or_404(profile.parks_with_names(), slug=slug)
    page = profile.read(row, as_of.end if as_of else None)
    industries = [
        (label, profile.industry_names(row, stance))
        for stance, label in ParkIndustry.Stance.choices
    ]
    industries = [(label, names) for label, names in industries if names]
    return render(
        request,
        "parks/park.html",
        {
            "park": row,
            "profile": page,
            "as_of": as_of,
            "industries": industries,
            "contents": contents(page, bool(industries)),
            "contact": row.contact,
            "drawing": schematic.of_park(row, [link for link, _note in page.transport]),
            "maps": places.map_links(row),
        },
    )


def contents(page: profile.Profile, has_industries: bool) -> list[tuple[str, str]]:
    """(anchor, heading) of the sections the page has, in their order."""
    sections = [
        ("figures", _("关键数字"), page.blocks),
        ("spaces", _("可租空间"), page.spaces),
        ("phases", _("分期"), page.phases),
        ("events", _("园区大事"), page.events or page.undated_events),
        ("industries", _("产业"), has_industries),
        ("admission", _("准入条件"), page.admission),
        ("policies", _("现行政策"), page.policies),
        ("place", _("位置与配套"), True),
        ("pictures", _("照片与平面图"), page.pictures or page.site_plan),
        ("nearby", _("附近园区"), page.nearby),
        ("sources", _("数据来源"), page.notes),
    ]
    return [(anchor, heading) for anchor, heading, shown in sections if shown]
