"""Uploaded pictures, where no nginx serves them. Only names the library makes are answered."""

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

_NAME = re.compile(r"pictures/[0-9a-f]{2}/[0-9a-f]{30}-[a-z]+\.(jpg|webp|png|avif)", re.ASCII)
_TYPES = {"jpg": "image/jpeg", "webp": "image/webp", "png": "image/png", "avif": "image/avif"}


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    """One encoded form; its name is made from its content, so it may be kept for ever."""
    found = _NAME.fullmatch(name)
    path = Path(settings.MEDIA_ROOT) / name
    if not found or not path.is_file():
        raise Http404("no such picture")
    response = FileResponse(path.open("rb"), content_type=_TYPES[found[1]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
