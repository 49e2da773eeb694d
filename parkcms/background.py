"""The worker behind `manage.py work`: it runs jobs as long as the process lives.

procrastinate's own worker ends when Postgres goes away. Here a new one is begun then, with a
number of its own, so that what the old one held counts as left by the dead and is taken up again.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any

import procrastinate
import psycopg
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.psycopg_connector import PsycopgConnector

from parkcms import pulse

logger = logging.getLogger(__name__)

CONCURRENCY = 4
HEARTBEAT_SECONDS = 5.0
# Four heartbeats: whoever missed them is dead. With a start of some seconds, what it held runs
# again well within a minute.
DEAD_SECONDS = 20.0
LOOK_EVERY = 5.0
MOST_TRIES = 10  # of a job whose worker dies each time
POLL_SECONDS = 3.0  # a job that is run again is found by looking, not by a notification
ANSWER_SECONDS = 10.0  # for a connection to the database
STOP_SECONDS = 8.0  # for jobs under way; bin/serve waits 30 s
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
MOST_LEFT = 3

_left: set[asyncio.Task[None]] = set()


def remember_only(application: procrastinate.App) -> None:
    """For the profile `test`: jobs are kept in memory, and nobody runs them."""
    from procrastinate.testing import InMemoryConnector

    application.connector = application.job_manager.connector = InMemoryConnector()


def _is_loss(error: BaseException | None) -> bool:
    """Whether it says that the database is away, and not that it refused something."""
    away = psycopg.OperationalError | psycopg.InterfaceError
    return isinstance(error, ConnectorException) and isinstance(error.__cause__, away)


class _NoTracebacks(logging.Filter):
    """procrastinate's own records of a database that went away; we say so in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and _is_loss(record.exc_info[1]))


class WorkersConnector(PsycopgConnector):
    """The worker's own connections. Says through ``lost`` when the database went away.

    What a job defers goes through the Django connection of its thread instead, so that it stands
    or falls with the job's transaction.
    """

    def __init__(self, lost: asyncio.Event, **pool: Any) -> None:
        super().__init__(**pool)
        self.lost = lost
        self._of_jobs = DjangoConnector()

    def get_sync_connector(self) -> DjangoConnector:
        return self._of_jobs

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        await self._noting_loss(super().execute_query_async(query, **arguments))

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        return await self._noting_loss(super().execute_query_one_async(query, **arguments))

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        return await self._noting_loss(super().execute_query_all_async(query, **arguments))

    async def _noting_loss(self, asked: Awaitable[Any]) -> Any:
        """An answer that was lost may have been a job that was handed to us."""
        try:
            return await asked
        except ConnectorException as error:
            if _is_loss(error):
                self.lost.set()
            raise


def _connector(lost: asyncio.Event) -> WorkersConnector:
    """Finds the database; starts the private one where it does not run. May take a minute."""
    parameters = connector_params() | {"connect_timeout": int(ANSWER_SECONDS)}
    return WorkersConnector(
        lost, kwargs=parameters, min_size=1, max_size=CONCURRENCY, timeout=ANSWER_SECONDS
    )


async def work() -> None:
    """Runs jobs until SIGTERM or SIGINT, whatever becomes of the database meanwhile."""
    stop = asyncio.Event()
    clock = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        clock.add_signal_handler(number, stop.set)
    for name in ("procrastinate.worker", "procrastinate.worker.worker", "procrastinate.utils"):
        logging.getLogger(name).addFilter(_NoTracebacks())
    # A connection a job finds broken is made anew before its first query.
    connections.settings["default"]["CONN_HEALTH_CHECKS"] = True
    pause = FIRST_PAUSE
    async with _alongside(_live()):
        while not stop.is_set():
            began = clock.time()
            worker = asyncio.create_task(_work_once())
            await _first_of(stop.wait(), _ended(worker))
            if stop.is_set():
                _leave_within(STOP_SECONDS)
                worker.cancel()
                await _ended(worker)
                return
            if error := worker.exception():
                logger.warning("后台任务停下了，稍后再试：%s", _told(error))
            pause = min(pause * 2, LONGEST_PAUSE) if clock.time() - began < 30 else FIRST_PAUSE
            await _first_of(stop.wait(), asyncio.sleep(pause))


async def _work_once() -> None:
    """One worker, until it is cancelled or loses the database."""
    lost = asyncio.Event()
    connector = await asyncio.to_thread(_connector, lost)
    with app.replace_connector(connector):
        async with app.open_async(), _alongside(_take_up()):
            worker = asyncio.create_task(
                app.run_worker_async(
                    concurrency=CONCURRENCY,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=DEAD_SECONDS,
                    shutdown_graceful_timeout=STOP_SECONDS / 2,
                )
            )
            try:
                await _first_of(lost.wait(), _ended(worker))
            finally:
                worker.cancel()
                await _end(worker)


async def _end(worker: asyncio.Task[None]) -> None:
    """Lets it finish. One that can't, since the database hangs, is left behind until it can."""
    done, _ = await asyncio.wait({worker}, timeout=STOP_SECONDS)
    if not done:
        _left.add(worker)
        worker.add_done_callback(_left.discard)
        if len(_left) > MOST_LEFT:  # their jobs may hold every thread there is
            os._exit(1)
    elif not worker.cancelled() and (error := worker.exception()):
        raise error


async def _take_up() -> None:
    """Has the jobs of dead workers run again; at once, then every LOOK_EVERY seconds."""
    while True:
        # Without a database there is nothing to take up, and the worker itself says so.
        with contextlib.suppress(ConnectorException):
            jobs = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_SECONDS)
            for job in jobs:
                await _run_again(job)
        await asyncio.sleep(LOOK_EVERY)


async def _run_again(job: Job) -> None:
    manager = app.job_manager
    if job.attempts >= MOST_TRIES:
        logger.error("任务 %s 每次都中断，不再重试。", job.call_string)
        await manager.finish_job(job, Status.FAILED, delete_job=False)
        return
    try:
        await manager.retry_job(job)
    except UniqueViolation:  # the same work waits in the queue already
        await manager.finish_job(job, Status.ABORTED, delete_job=False)


async def _live() -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(1)


# --- tasks --------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _alongside(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _first_of(*awaited: Coroutine[Any, Any, Any]) -> None:
    """Until one has ended; the others are dropped."""
    tasks = {asyncio.ensure_future(one) for one in awaited}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _ended(task: asyncio.Task[Any]) -> None:
    """Waits for its end, however it ends; dropping this leaves the task alone."""
    await asyncio.wait({task})


def _leave_within(seconds: float) -> None:
    """Ends the process then, even while a thread of it still waits for somebody."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _told(error: BaseException) -> str:
    """The first line of the error at the bottom of this one."""
    while error.__cause__:
        error = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__
