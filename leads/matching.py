"""Which spaces fit an enquiry: a first filter by hard facts, with the reason of each.

Domain rules: a fact nobody stated excludes nothing and becomes "to confirm"; renting is not
buying; the area may be a tenth smaller. There is no score: a reader gets the facts.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from parks import availability
from parks.models import Space
from parks.regions import name as region_name

from .models import Enquiry
from .wishes import LESS, around

SHOWN = 6
# Candidates looked at; ordered so that what is near in area comes first.
LOOKED_AT = 200
MEETS, MISSES, UNKNOWN = "meets", "misses", "unknown"
DAYS = {
    Enquiry.MoveIn.NOW: 30,
    Enquiry.MoveIn.MONTHS_3: 92,
    Enquiry.MoveIn.MONTHS_6: 183,
    Enquiry.MoveIn.MONTHS_12: 366,
}
# A little over what somebody would pay is worth a talk, and is said.
OVER_BUDGET = Decimal("1.1")


@dataclass(frozen=True, slots=True)
class Reason:
    """One checkable fact of a space beside a wish: met, to confirm, or nearly met."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A space that no hard fact excludes."""

    space: Space
    reasons: list[Reason] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        return sum(reason.state != MEETS for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Matches:
    """What fits, how many spaces were looked through, and why the others were left out."""

    fitting: list[Match]
    looked_at: int
    left_out: list[tuple[str, int]]


def matches_for(enquiry: Enquiry) -> Matches:
    """Spaces on offer that fit, at most SHOWN; three queries whatever the inventory."""
    if enquiry.intent in (Enquiry.Intent.LAND, Enquiry.Intent.PARTNER):
        return Matches([], 0, [])
    today = timezone.localdate()
    fitting: list[Match] = []
    left_out: dict[str, int] = {}
    candidates = _candidates(enquiry)
    for space in candidates:
        why, reasons = _judge(enquiry, space, today)
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            fitting.append(Match(space, reasons))
    fitting.sort(key=lambda one: (one.space.pk != enquiry.space_id, one.unknown,
                                  _surplus(enquiry, one.space), one.space.pk))  # fmt: skip
    most = sorted(left_out.items(), key=lambda item: -item[1])
    return Matches(fitting[:SHOWN], len(candidates), most)


def _candidates(enquiry: Enquiry) -> list[Space]:
    """Spaces to let that the area does not exclude, those of the park asked about first."""
    spaces = Space.objects.offered().select_related("park__cover", "phase")
    high = around(enquiry.area_min_m2, enquiry.area_max_m2)[1]
    if enquiry.area_min_m2 is not None:
        spaces = spaces.filter(area_gross_m2__gte=enquiry.area_min_m2 * LESS)
    if high is not None:
        divisible = Q(min_divisible_m2__lte=high)
        spaces = spaces.filter(Q(area_gross_m2__lte=high) | divisible)
    if enquiry.intent == Enquiry.Intent.BUY:
        spaces = spaces.filter(sale_price_cny_m2__isnull=False)
    near = spaces.filter(park=enquiry.park_id) if enquiry.park_id else spaces.none()
    first = list(near.order_by("area_gross_m2", "id")[:LOOKED_AT])
    rest = spaces.exclude(park=enquiry.park_id) if enquiry.park_id else spaces
    return first + list(rest.order_by("area_gross_m2", "id")[: LOOKED_AT - len(first)])


def _judge(enquiry: Enquiry, space: Space, today: date) -> tuple[str, list[Reason]]:
    """(why it is out, reasons): the first is '' for a space that fits."""
    reasons: list[Reason] = []
    for look in (_area, _district, _use, _date, _confirmed, _price, _registration):
        why, reason = look(enquiry, space, today)
        if why:
            return why, []
        if reason:
            reasons.append(reason)
    return "", reasons


Judgement = tuple[str, Reason | None]


def _area(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    low, high = enquiry.area_min_m2, enquiry.area_max_m2
    if low is None and high is None:
        return "", None
    has = f"{space.area_gross_m2:,.0f}"
    wanted = "–".join(dict.fromkeys(f"{end:,.0f}" for end in (low, high) if end is not None))
    said = {"has": has, "wanted": wanted}
    most = around(low, high)[1]
    if most is not None and space.area_gross_m2 > most:
        least = f"{space.min_divisible_m2:,.0f}"
        text = _("建筑面积 %(has)s ㎡，可分割，%(least)s ㎡ 起租（需要 %(wanted)s ㎡）")
        return "", Reason(MEETS, text % (said | {"least": least}))
    if low is not None and space.area_gross_m2 < low:
        percent = round((low - space.area_gross_m2) / low * 100)
        text = _("建筑面积 %(has)s ㎡，比需要的 %(wanted)s ㎡ 少 %(percent)s%%")
        return "", Reason(MISSES, text % (said | {"percent": percent}))
    return "", Reason(MEETS, _("建筑面积 %(has)s ㎡（需要 %(wanted)s ㎡）") % said)


def _district(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    if not enquiry.districts:
        return "", None
    place = region_name(space.park.region_code)
    if space.park.region_code not in enquiry.districts:
        return _("不在所选区域"), None
    return "", Reason(MEETS, _("在%(place)s") % {"place": place})


def _use(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    if not enquiry.uses:
        return "", None
    if not space.uses:
        return "", Reason(UNKNOWN, _("可作用途待确认"))
    both = [use for use in enquiry.uses if use in space.uses]
    if not both:
        return _("用途不合"), None
    labels = dict(Space.Use.choices)
    named = _("、").join(str(labels[use]) for use in both)
    return "", Reason(MEETS, _("可作%(uses)s") % {"uses": named})


def _date(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    days = DAYS.get(enquiry.move_in)
    if space.available_from is None or space.available_from <= today:
        return "", Reason(MEETS, _("现在可租"))
    said = {"date": space.available_from.isoformat()}
    if days is None:
        return "", Reason(MEETS, _("%(date)s 起可租") % said)
    by = timezone.localtime(enquiry.submitted_at).date() + timedelta(days=days)
    if space.available_from > by + timedelta(days=60):
        return _("可租得太晚"), None
    is_late = space.available_from > by
    return "", Reason(MISSES if is_late else MEETS, _("%(date)s 起可租") % said)


def _confirmed(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    """Said only where it is not sure: nobody has confirmed it within 30 days."""
    if space.standing == availability.CONFIRMED:
        return "", None
    if space.checked_at is None:
        return "", Reason(UNKNOWN, _("可租状态待确认"))
    said = {"date": timezone.localtime(space.checked_at).date().isoformat()}
    return "", Reason(UNKNOWN, _("可租状态待确认（上次确认 %(date)s）") % said)


def _price(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    most = enquiry.budget_cny_m2_day
    if most is None or enquiry.intent == Enquiry.Intent.BUY:
        return "", None
    rent = space.shown_rent
    if rent is None:
        return "", Reason(UNKNOWN, _("租金待确认"))
    said = {"rent": f"{rent.normalize():f}", "most": f"{most.normalize():f}",
            "until": space.valid_until.isoformat() if space.valid_until else ""}  # fmt: skip
    if rent > most * OVER_BUDGET:
        return _("租金超出预算"), None
    if rent > most:
        return "", Reason(MISSES, _("租金 %(rent)s 元/㎡/天，略高于预算 %(most)s") % said)
    text = _("租金 %(rent)s 元/㎡/天，在预算 %(most)s 以内，报价有效至 %(until)s")
    return "", Reason(MEETS, text % said)


def _registration(enquiry: Enquiry, space: Space, today: date) -> Judgement:
    if enquiry.intent != Enquiry.Intent.REGISTER:
        return "", None
    if space.can_register is None:
        return "", Reason(UNKNOWN, _("能否注册公司待确认"))
    if not space.can_register:
        return _("不能注册公司"), None
    return "", Reason(MEETS, _("可注册公司"))


def _surplus(enquiry: Enquiry, space: Space) -> Decimal:
    """How far the area is from what is wanted, in ㎡."""
    wanted = enquiry.area_min_m2 if enquiry.area_min_m2 is not None else enquiry.area_max_m2
    return abs(space.area_gross_m2 - wanted) if wanted is not None else space.area_gross_m2
