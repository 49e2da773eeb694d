"""The library's work in the background. Jobs carry fingerprints and ids only and may run twice."""

import logging

from django.core.files.storage import default_storage
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import pictures, stored
from .models import Document, Picture

logger = logging.getLogger(__name__)
AT_ONCE = 50  # of the pictures that came before there was a worker, in one hour
_KINDS = {model._meta.model_name: model for model in (Picture, Document)}


@app.task(name="library.encode_avif", retry=RetryStrategy(max_attempts=4, wait=30))
def encode_avif(picture_id: int) -> None:
    """Adds the AVIF forms of a picture.

    Encoding takes seconds and holds no lock; a file that was replaced meanwhile is left alone,
    for it has a job of its own.
    """
    picture = Picture.objects.filter(pk=picture_id).first()
    if picture is None or not default_storage.exists(picture.original()):
        logger.warning("picture %s: no original to encode", picture_id)
        return
    with default_storage.open(picture.original()) as file:
        forms = pictures.avif(file)
    with transaction.atomic():
        now = Picture.objects.select_for_update().filter(pk=picture_id).first()
        if now is None or now.sha256 != picture.sha256:
            return
        now.put(forms)
        now.save(update_fields=["forms"])


@app.periodic(cron="41 * * * *")
@app.task(name="library.encode_due", queueing_lock="library.encode_due")
def encode_due(timestamp: int) -> None:
    """Every hour: pictures that have no AVIF yet, newest first."""
    for picture in Picture.objects.without_avif()[:AT_ONCE]:
        picture.encode_later(is_only_one=True)


@app.task(name="library.forget", retry=RetryStrategy(max_attempts=4, wait=60))
def forget(kind: str, sha256: str) -> None:
    """Takes away the files of an upload that no row has any more; again later during a backup."""
    if kind in _KINDS:
        stored.forget(_KINDS[kind], sha256)
