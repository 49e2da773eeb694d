"""Background work that belongs to no room: keeping the table of jobs short."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

DONE_HOURS = 24
FAILED_HOURS = 30 * 24  # long enough to be asked about; arguments are ids only


@app.periodic(cron="17 * * * *")
@app.task(name="site.forget_jobs", queueing_lock="site.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    """Every hour: finished jobs of more than a day ago, failed ones of more than a month ago."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(DONE_HOURS)
    await manager.delete_old_jobs(
        FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
