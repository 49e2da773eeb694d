"""gunicorn for bin/serve and for the systemd unit alike; each value can be set by environment."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from parkcms import gunicorn_logger, lifeline, listening

_host, _port = listening.address()
# PARKCMS_BIND is for a proxy on the same machine, e.g. unix:/run/parkcms/http.sock.
bind = os.environ.get("PARKCMS_BIND") or (
    f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
)
wsgi_app = "parkcms.wsgi:application"
proc_name = "parkcms"

# For two cores: a page takes some milliseconds of Python and waits for Postgres in between.
worker_class = "parkcms.worker_class.Worker"
workers = int(os.environ.get("PARKCMS_WORKERS") or 2)
threads = int(os.environ.get("PARKCMS_THREADS") or 4)

# Loaded once before the fork: the start takes half the time and the workers share the pages.
# pre_fork sees to it that no database connection is shared with them.
preload_app = True

timeout = 60  # seconds without a sign of life until a worker is replaced
graceful_timeout = 20  # for answers under way when the server is told to stop
keepalive = 5
max_requests = int(os.environ.get("PARKCMS_MAX_REQUESTS") or 20_000)
max_requests_jitter = max_requests // 10
# A worker's sign of life is a file's time: on a disk it would wait for the disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# nginx takes 8 KiB for a line too (deploy/nginx/site.conf); no browser sends half as many fields.
limit_request_line = 8190
limit_request_field_size = 8190
limit_request_fields = 64

# Who may say that a request came by https: nginx on this machine, and in the local profile,
# where no proxy stands before us, nobody.
_production = os.environ.get("PARKCMS_PROFILE") == "production"
forwarded_allow_ips = os.environ.get(
    "PARKCMS_FORWARDED_ALLOW_IPS", "127.0.0.1,::1" if _production else ""
)
forwarder_headers = ""  # no proxy moves SCRIPT_NAME or PATH_INFO here

# nginx keeps the access log; "-" shows one here.
accesslog = os.environ.get("PARKCMS_ACCESS_LOG") or None
access_log_format = gunicorn_logger.ACCESS_FORMAT
logger_class = gunicorn_logger.MaskedLogger
loglevel = os.environ.get("PARKCMS_LOG_LEVEL") or "warning"
control_socket_disable = True
# Django leaves it to the server to drop the body of an answer to HEAD; one line for each of
# them would fill the log.
logging.getLogger("gunicorn.http.wsgi").addFilter(
    lambda record: "no-body response" not in str(record.msg)
)


def on_starting(_server: Any) -> None:
    lifeline.end_with_parent()


def pre_fork(_server: Any, _worker: Any) -> None:
    from django.db import connections

    connections.close_all()


def post_fork(_server: Any, _worker: Any) -> None:
    lifeline.ask_kernel()


def post_worker_init(_worker: Any) -> None:
    """What pages say of the site is read once, so that it is known when the database is away."""
    import threading

    # Beside the first requests: a database that hangs would keep the worker from taking any.
    threading.Thread(target=_read_once, name="read-once", daemon=True).start()


def _read_once() -> None:
    import contextlib

    from django.db import Error, connection

    from parkcms import lastknown

    # Starts a private Postgres that does not run yet; lastknown would not wait for it, and take
    # it for away.
    with contextlib.suppress(Error):
        connection.ensure_connection()
    connection.close()
    lastknown.read()
