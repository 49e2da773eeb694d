"""A park's page with 500 figures, uncached through the view, beside a floor of the same run.

Fills a park of its own inside a transaction that is rolled back: 15 metrics of the park and two
phases, actual and planned, over ten years, out of 60 documents. Milliseconds by the clock, the
database included. The aim is a median of 40 ms.
"""

import os
import platform
import statistics
import sys
import time
from pathlib import Path

FIGURES, DOCUMENTS, REPEATS = 500, 60, 41
AIM_MS = 40


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    import django

    django.setup()
    from django.db import transaction
    from django.test import Client

    import gc; gc.collect(); gc.freeze()
    client = Client()
    with transaction.atomic():
        pages = {
            "/health/live": "the floor: all middleware, no database, no template",
            "/parks/bench-empty/": "the same page without a figure",
            "/parks/bench/": f"{FIGURES} figures of {DOCUMENTS} documents",
            "/en/parks/bench/": "the same in English",
            "/parks/bench/?as_of=2021": "as known by the end of 2021",
        }
        _fill()
        costs = {path: [] for path in pages}
        for turn in range(REPEATS + 3):
            for path in pages:
                start = time.perf_counter()
                answer = client.get(path)
                cost = (time.perf_counter() - start) * 1000
                if answer.status_code != 200:
                    sys.exit(f"{path}: {answer.status_code}")
                if turn >= 3:  # the first compile templates
                    costs[path].append(cost)
        transaction.set_rollback(True)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    floor = statistics.median(costs["/health/live"])
    for path, words in pages.items():
        ordered = sorted(costs[path])
        median, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
        print(f"{median:7.2f} ms median, p95 {p95:7.2f}  {median / floor:6.1f} × floor  {words}")
    print(f"aim: {AIM_MS} ms median with {FIGURES} figures")


def _fill() -> None:
    from django.utils import timezone

    from parks.metrics import METRICS
    from parks.models import Figure, Park, Phase, Source

    shared = {"region_code": "310114", "publish_at": timezone.now()}
    Park.objects.create(name_zh="量园空", slug="bench-empty", **shared)
    park = Park.objects.create(name_zh="量园", name_en="Bench Park", slug="bench", **shared)
    phases = [None, *(
        Phase.objects.create(park=park, ordinal=n, name_zh=f"{n}期", name_en=f"Phase {n}")
        for n in (1, 2)
    )]  # fmt: skip
    sources = [
        Source.objects.create(
            publisher="某报", title=f"量园的第{n}份文件", published=f"{2016 + n % 10}-06"
        )
        for n in range(DOCUMENTS)
    ]
    metrics = list(METRICS.values())
    kinds = [(p, m, s) for p in phases for m in metrics for s in ("actual", "planned")]
    Figure.objects.bulk_create(
        Figure(
            park=park, phase=phase, metric=metric.code, unit=metric.units[0], state=state,
            value=20 + (n * 37) % 60, as_of=f"{2016 + n // len(kinds) * 2}-{1 + n % 12:02}",
            source=sources[n % DOCUMENTS], sentence=f"第{n // 3}句，写着几个数。",
        )
        for n in range(FIGURES)
        for phase, metric, state in [kinds[n % len(kinds)]]
    )  # fmt: skip


if __name__ == "__main__":
    main()
