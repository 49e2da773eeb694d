"""The room's work in the background: keeping the list of what visitors missed short."""

from procrastinate.contrib.django import app

from .models import Missing


# The worker reads its clock in UTC: 03:50 in Shanghai.
@app.periodic(cron="50 19 * * *", periodic_id="missing")
@app.task(name="addresses.forget_missing", queueing_lock="addresses.forget_missing")
def forget_missing(timestamp: int) -> None:
    """Each night: what nobody met for 90 days, and what is more than the table should hold."""
    Missing.objects.forget()
