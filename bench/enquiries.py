"""Durable enquiries a second and their p99, beside floors that do one INSERT and one fsync.

There are two floors: `bare`, a WSGI application of ten lines, tells what the machine can do;
`view`, the same ten lines as a Django view behind the site's own middleware, tells what an enquiry
costs beyond the ground it stands on. All run under the same gunicorn settings
(deploy/gunicorn.conf.py) on one private Postgres in a data folder of their own, on the disk of the
project's. Clients in a process of their own keep sixteen connections open. They take turns, so
that a slow spell of the machine falls on all. Afterwards every acknowledged enquiry must be in the
table exactly once, else it ends with 1.
"""

import contextlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 3))
POSTS = int(os.environ.get("BENCH_POSTS", 600))  # a round
WARMING = 60  # posts before the first round; each thread opens its connection
CLIENTS = 16
LEAST_A_SECOND, LEAST_OF_FLOOR = 80.0, 0.5  # what is aimed at
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# --- the floor ----------------------------------------------------------------------------------

_own = threading.local()


def floor(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """A WSGI application: the body into a row of its own and into a file, both durable."""
    import psycopg

    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
        _own.file = os.open(os.environ["BENCH_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    os.write(_own.file, body + b"\n")
    os.fsync(_own.file)
    _own.connection.execute("INSERT INTO bench_floor (body) VALUES (%s)", [body.decode()])
    start_response("303 See Other", [("Location", "/kept/"), ("Content-Length", "0")])
    return [b""]


def floor_application() -> Callable:
    """`floor`, once Django stands: the hooks of the gunicorn settings use it."""
    import django

    django.setup()
    return floor


def view_application() -> Callable:
    """The same work as a Django view, behind the site's middleware and on Django's connection."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.http import HttpResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    @csrf_exempt
    def keep(request: Any) -> HttpResponse:
        if not hasattr(_own, "file"):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            _own.file = os.open(os.environ["BENCH_FILE"], flags, 0o600)
        os.write(_own.file, request.body + b"\n")
        os.fsync(_own.file)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_floor (body) VALUES (%s)", [request.body.decode()])
        return HttpResponse(status=303, headers={"Location": "/kept/"})

    settings.ROOT_URLCONF = (path("enquiries/new/", keep),)
    return get_wsgi_application()


# --- the clients, in a process of their own -----------------------------------------------------


def content(name: str, number: int) -> dict[str, str | list[str]]:
    """What an investor fills in; no two are the same."""
    return {
        "intent": "rent",
        "uses": ["production", "storage"],
        "area_text": f"{1000 + number} 平",
        "budget_text": "1.2 元/㎡/天",
        "districts": ["310114"],
        "contact_name": f"王女士 {name}-{number}",
        "company": "某某精密机械有限公司",
        "phone": f"139 0000 00{number % 100:02}",
        "message": "一层，层高 8 米以上，有行车；用电 400 kVA。" * 3,
        "about_kind": "park",
        "about_id": "wenzhou-science-park",
        "origin_kind": "park",
        "origin_id": "wenzhou-science-park",
        "elapsed_ms": "60000",
        "consent": "on",
        "consent_version": "privacy-1",
    }


def load(port: int, count: int, name: str) -> dict[str, Any]:
    """Posts ``count`` enquiries over CLIENTS connections.

    {"seconds": of the whole, "waits": seconds of each, "places": Location headers, "bad": {status:
    how many others}}.
    """
    numbers, turn = iter(range(count)), threading.Lock()
    waits: list[float] = []
    places: list[str] = []
    bad: Counter[str] = Counter()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return
            body = urlencode(content(name, number), doseq=True)
            since = time.perf_counter()
            connection.request("POST", "/enquiries/new/", body, FORM)
            answer = connection.getresponse()
            answer.read()
            waits.append(time.perf_counter() - since)
            if answer.status == 303:
                places.append(answer.headers["Location"])
            else:
                bad[str(answer.status)] += 1

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    since = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - since, "waits": waits, "places": places, "bad": bad}


def run_load(server: tuple[int, int], postmaster: int, count: int, name: str) -> dict[str, Any]:
    """`load` in a process of its own; adds "cpu": seconds of the server's and Postgres's."""
    port, pid = server
    command = [sys.executable, __file__, "load", str(port), str(count), name]
    before = cpu_seconds(pid) + cpu_seconds(postmaster)
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout) | {"cpu": cpu_seconds(pid) + cpu_seconds(postmaster) - before}


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children so far; 0 where there is no /proc to tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        stats = [Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
                 for one in [pid, *children]]  # fmt: skip
    except OSError:
        return 0.0
    # utime and stime of each, and of the children that ended (proc(5)).
    ticks = sum(int(number) for stat in stats for number in stat[11:13])
    ticks += sum(int(number) for number in stats[0][13:15])
    return ticks / os.sysconf("SC_CLK_TCK")


# --- the servers --------------------------------------------------------------------------------


@contextlib.contextmanager
def gunicorn(environment: dict[str, str], *words: str) -> Iterator[tuple[int, int]]:
    """A server under deploy/gunicorn.conf.py; yields port and pid once it takes connections."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")]
    process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        [*command, *words], cwd=ROOT, env=environment | {"PORT": str(port), "HOST": "127.0.0.1"}
    )
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


# --- measuring ----------------------------------------------------------------------------------


def main() -> None:
    sys.path.insert(0, str(ROOT))
    (ROOT / "var").mkdir(exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))
    from parkcms import database

    try:
        problems = measure(var)
    finally:
        database.release(var, seconds=60)
        shutil.rmtree(var)
    if problems:
        sys.exit("\n".join(problems))


def measure(var: Path) -> list[str]:
    """Prints the figures; returns what was not as it must be."""
    import psycopg

    from parkcms import database

    server = " ".join(f"{name}={value}" for name, value in database.ensure(var).items())
    environment = _environment(var, server)
    for words in (["migrate", "--verbosity=0"], ["load_demo", "--verbosity=0"]):
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_floor (id bigserial PRIMARY KEY, body text)")
    here = ("--pythonpath", str(Path(__file__).parent))
    postmaster = int((var / "postgres/data/postmaster.pid").read_text().split()[0])
    with (
        gunicorn(environment, *here, "enquiries:floor_application()") as bare,
        gunicorn(environment, *here, "enquiries:view_application()") as view,
        gunicorn(environment) as site,
    ):
        servers = {"bare": bare, "view": view, "site": site}
        warm = {name: run_load(one, postmaster, WARMING, "warm") for name, one in servers.items()}
        rounds = [
            {name: run_load(one, postmaster, POSTS, str(n)) for name, one in servers.items()}
            for n in range(ROUNDS)
        ]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    told = [one["site"] for one in [warm, *rounds]]
    return [*_figures(rounds), *_missing(server, told), *_unsettled(environment)]


def _environment(var: Path, server: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PARKCMS_")}
    ours.pop("DATABASE_URL", None)
    return ours | {
        "PARKCMS_VAR": str(var),
        "PARKCMS_PROFILE": "local",
        "DJANGO_SETTINGS_MODULE": "parkcms.settings",
        "ENQUIRY_HARD_LIMIT": "0",
        "BENCH_DATABASE": server,
        "BENCH_FILE": str(var / "bench-floor"),
    }


def _figures(rounds: list[dict[str, dict[str, Any]]]) -> list[str]:
    print(f"{ROUNDS} rounds of {POSTS} posts over {CLIENTS} connections, 2 gunicorn workers")
    rates: dict[str, list[float]] = {"bare": [], "view": [], "site": []}
    for number, one in enumerate(rounds, 1):
        for name, run in one.items():
            rates[name].append(len(run["places"]) / run["seconds"])
            _print(f"round {number} {name}", rates[name][-1], run["waits"], run["cpu"])
    for name in rates:
        together = [wait for one in rounds for wait in one[name]["waits"]]
        cpu = statistics.median(one[name]["cpu"] for one in rounds)
        _print(f"median  {name}", statistics.median(rates[name]), together, cpu)
    ratios = {
        name: statistics.median(s / f for s, f in zip(rates["site"], rates[name], strict=True))
        for name in ("bare", "view")
    }
    print(f"site / floor, median of the rounds: bare {ratios['bare']:.2f}, "
          f"view {ratios['view']:.2f}")  # fmt: skip
    rate = statistics.median(rates["site"])
    if rate < LEAST_A_SECOND:
        print(f"short of the aim: {rate:.1f} a second of {LEAST_A_SECOND:.0f}")
    for name, ratio in ratios.items():
        if ratio < LEAST_OF_FLOOR:
            print(f"short of the aim: {ratio:.2f} of the floor {name}, of {LEAST_OF_FLOOR}")
    return [f"answers that were not 303: {one['site']['bad']}" for one in rounds
            if one["site"]["bad"]]  # fmt: skip


def _print(label: str, rate: float, waits: list[float], cpu: float) -> None:
    cuts = [1000 * cut for cut in statistics.quantiles(waits, n=100)]
    print(f"{label:13} {rate:6.1f}/s  p50 {cuts[49]:6.1f} ms  p99 {cuts[98]:6.1f} ms  "
          f"{cpu * 1000 / POSTS:5.2f} ms CPU")  # fmt: skip


def _missing(server: str, runs: list[dict[str, Any]]) -> list[str]:
    """Compares what was acknowledged with the table, token by token."""
    import psycopg

    told = Counter(place.rstrip("/").rpartition("/")[2] for run in runs for place in run["places"])
    with psycopg.connect(server) as connection:
        rows = connection.execute("SELECT token FROM leads_enquiry WHERE NOT is_sample").fetchall()
    filed = Counter(token for (token,) in rows)
    print(f"{len(told)} acknowledged, {len(rows)} rows")
    problems = []
    if doubled := [token for token, times in told.items() if times > 1]:
        problems.append(f"{len(doubled)} receipts were given to more than one enquiry")
    if told.keys() != filed.keys():
        problems.append(f"{len(told.keys() - filed.keys())} acknowledged enquiries are missing, "
                        f"{len(filed.keys() - told.keys())} rows are nobody's")  # fmt: skip
    return problems


def _unsettled(environment: dict[str, str]) -> list[str]:
    """A second way to look: what the journal still holds was not filed by its own request."""
    ask = "from leads import journal; print(len(journal.unsettled()))"
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "-c", ask]
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        command, env=environment, capture_output=True, text=True, check=True
    )
    left = int(done.stdout)
    return [f"{left} are still in the journal"] if left else []


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        json.dump(load(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]), sys.stdout)
    else:
        main()
