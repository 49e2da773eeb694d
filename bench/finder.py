"""The finder's page, uncached through the view, over 20,000 spaces in 500 parks.

Fills the data folder's database inside a transaction that is rolled back; what is in it depends on
nothing but the numbers below. Milliseconds by the clock, the database included, and CPU of this
process alone; the floors are of the same run. ``BENCH_SPACES`` takes another size.
"""

import os
import platform
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

SPACES, PARKS, INDUSTRIES = int(os.environ.get("BENCH_SPACES", "20000")), 500, 12
REPEATS, WARM = 41, 3
AIM_MS = 60  # p95 with five facets, at 20,000 spaces
FIVE = "use=production&area_min=1000&height_min=6&load_min=1.5&district=310114"
PAGES = {
    "/health/live": "the floor: all middleware, no database, no template",
    f"/spaces/?{FIVE}": "five facets",
    "/spaces/": "nothing asked",
    f"/en/spaces/?{FIVE}": "five facets, in English",
    f"/spaces/?{FIVE}&sort=rent": "five facets, by rent",
    "/spaces/?height_min=25&load_min=50": "nothing fits",
    "/parks/?district=310114&use=production&area_min=1000": "parks, by three facets",
}


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    import django

    django.setup()
    from django.db import connection, transaction
    from django.test import Client

    client = Client()
    with transaction.atomic():
        fill()
        with connection.cursor() as cursor:  # as autovacuum does after so many rows
            cursor.execute("ANALYZE parks_space, parks_park, parks_parkindustry")
        taken = {path: [] for path in PAGES}
        for turn in range(REPEATS + WARM):
            for path in PAGES:  # turn by turn: a slow spell falls on every page alike
                clock, cpu = time.perf_counter(), time.process_time()
                answer = client.get(path)
                cost = (time.perf_counter() - clock, time.process_time() - cpu)
                if answer.status_code != 200:
                    sys.exit(f"{path}: {answer.status_code}")
                if turn >= WARM:
                    taken[path].append(cost)
        passes = [_the_pass(FIVE), _the_pass("")]
        transaction.set_rollback(True)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{SPACES} spaces, {PARKS} parks")
    _report(taken)
    for words, cost in zip(("five facets", "nothing asked"), passes, strict=True):
        print(f"{cost:7.2f} ms median: the three queries and the reading of them, {words}")
    print(f"aim: p95 {AIM_MS} ms with five facets at 20,000 spaces")


def _report(taken: dict[str, list[tuple[float, float]]]) -> None:
    floor = statistics.median(clock for clock, _cpu in taken["/health/live"])
    for path, costs in taken.items():
        clocks = sorted(clock * 1000 for clock, _cpu in costs)
        cpu = statistics.median(cpu for _clock, cpu in costs) * 1000
        p50, p95 = statistics.median(clocks), clocks[int(len(clocks) * 0.95)]
        print(
            f"p50 {p50:7.2f} ms, p95 {p95:7.2f}, CPU {cpu:6.2f}  {p50 / floor / 1000:6.1f} × floor"
            f"  {PAGES[path]}"
        )


def _the_pass(query: str) -> float:
    from django.http import QueryDict

    from parks import finder_query
    from parks.finder import Search

    costs = []
    for _turn in range(15):
        begun = time.perf_counter()
        finder_query.run(Search.parse(QueryDict(query)))
        costs.append((time.perf_counter() - begun) * 1000)
    return statistics.median(costs)


def fill() -> None:
    from django.utils import timezone

    from parks import regions
    from parks.models import Industry, Park, ParkIndustry, Space

    now = timezone.now()
    codes = [code for code in regions.REGIONS if code.startswith("3101")]
    parks = Park.objects.bulk_create(
        Park(
            name_zh=f"量园{n:03}", name_en=f"Bench Park {n:03}", slug=f"bench-{n:03}",
            sort_key=f"liang yuan {n:03}", region_code=codes[n % len(codes)],
            publish_at=now - timedelta(days=n), level=("", "district", "town")[n % 3],
        )
        for n in range(PARKS)
    )  # fmt: skip
    trades = Industry.objects.bulk_create(
        Industry(name_zh=f"量业{n}", name_en=f"Bench trade {n}") for n in range(INDUSTRIES)
    )
    ParkIndustry.objects.bulk_create(
        ParkIndustry(
            park=park, industry=trades[(n * 5 + k) % INDUSTRIES],
            stance=("leading", "encouraged", "excluded")[k],
        )
        for n, park in enumerate(parks)
        for k in range(n % 4 if n % 4 < 3 else 3)
    )  # fmt: skip
    uses, forms = Space.Use.values, Space.Form.values
    made = (_space(Space, n, parks[n % PARKS], uses, forms, now) for n in range(SPACES))
    Space.objects.bulk_create(made, batch_size=2000)


def _space(model: type, n: int, park: object, uses: list, forms: list, now: object) -> object:
    """Facts spread by primes; every one of them is left unknown now and then."""

    def one(step: int, *values: object) -> object:
        return values[(n * step // 7 + n // 13) % len(values)]

    rent = one(11, None, "0.8", "0.95", "1.1", "1.4", "2.2")
    return model(
        park=park, code=f"{n // 40 + 1}号楼-{n}", slug=f"b{n}",
        area_gross_m2=Decimal(200 + n * 37 % 9800), min_divisible_m2=one(3, None, None, 150),
        form=one(5, "", *forms), uses=one(13, [], [uses[0]], uses[:2], [uses[3]], [uses[1]]),
        storey_height_m=one(17, None, "4.2", "6", "7.5", "8.4", "9"),
        floor_load_t_m2=one(19, None, "0.8", "1.5", "2", "3"),
        power_kva=one(23, None, 200, 400, 800), has_crane=one(29, None, True, False),
        fire_class=one(31, "", "C", "D", "E"), eia=one(37, "", "yes", "light", "no"),
        floor=one(41, None, 1, 2, 3), rent_cny_m2_day=rent and Decimal(rent),
        valid_until=now.date() + timedelta(days=30 + n % 60) if rent else None,
        available_from=one(43, None, now.date() + timedelta(days=60)),
        publish_at=now - timedelta(minutes=n), checked_at=now - timedelta(days=n % 80),
    )  # fmt: skip


if __name__ == "__main__":
    main()
