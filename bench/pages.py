"""CPU milliseconds of each public page, uncached, beside a floor measured in the same run.

In one process, through the whole middleware, on whatever content the data folder holds.
"""

import os
import platform
import statistics
import sys
import time
from pathlib import Path

ROUNDS, REPEATS = 5, 12
PAGES = (
    "/health/live",  # the floor: all middleware, no database, no template
    "/",
    "/parks/",
    "/parks/wenzhou-science-park/",
    "/spaces/",
    "/articles/",
    "/articles/3661/",
    "/en/articles/3662/",
    "/search/?q=%E5%98%89%E5%AE%9A",
    "/articles/feed.xml",
    "/sitemap.xml",
)


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    import django

    django.setup()
    from django.test import Client

    client = Client()
    for path in PAGES:
        answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path}: {answer.status_code}; load the demo content first (bin/serve)")
    # Round by round, so that a slow spell of the machine falls on every page alike.
    rounds = [{path: _cost(client, path) for path in PAGES} for _ in range(ROUNDS)]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    floor = statistics.median(one[PAGES[0]] for one in rounds)
    for path in PAGES:
        costs = sorted(one[path] for one in rounds)
        median = statistics.median(costs)
        spread = f"({costs[0]:.2f}–{costs[-1]:.2f})"
        print(f"{median:7.2f} ms CPU {spread}  {median / floor:6.1f} × floor  {path}")


def _cost(client: object, path: str) -> float:
    """CPU milliseconds of one request, over REPEATS of them."""
    start = time.process_time()
    for _ in range(REPEATS):
        client.get(path)
    return (time.process_time() - start) * 1000 / REPEATS


if __name__ == "__main__":
    main()
