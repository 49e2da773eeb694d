"""The site's settings, and jobs a test can hold on to."""

from parkcms.settings import *  # noqa: F403

PROCRASTINATE_IMPORT_PATHS = ["slow_jobs"]
