"""Turning an uploaded file into pictures that are safe, upright, small and without a place.

Nothing here touches the database. The header is read before a pixel is decoded, so that a small
file that claims a huge picture is refused for its claim.
"""

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from .refusals import Refused

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_000  # WebP ends at 16,383
MIN_SIDE = 16
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
# Named sizes by width in pixels; a page asks for a name, nobody can ask for a number.
SIZES = {"thumb": 240, "card": 480, "body": 960, "wide": 1440, "full": 1920}
ENCODERS = {
    "webp": ("WEBP", {"quality": 80, "method": 4}),
    "jpg": ("JPEG", {"quality": 82, "optimize": True, "progressive": True}),
}
# AVIF takes seconds for a large picture, so the worker makes it; the smallest gains nothing by it.
AVIF_SIZES = ("card", "body", "wide", "full")
_AVIF = {"quality": 55, "speed": 8}
_NOT_A_PICTURE = "这不是可用的图片：请上传 JPEG、PNG、WebP、AVIF 或 GIF。"


class PictureError(Refused):
    """A file that can't be taken as a picture; ``code`` and the message say why."""


@dataclass(frozen=True)
class Encoded:
    """One encoded form of a picture: its size in pixels and its bytes."""

    name: str  # "card", …; "original" for the cleaned original
    suffix: str  # "webp", "jpg", "avif" or "png"
    width: int
    height: int
    data: bytes


@dataclass(frozen=True)
class Prepared:
    """A checked upload: the sha256 of the bytes as they came, and every form to be stored."""

    sha256: str
    width: int
    height: int
    forms: tuple[Encoded, ...]


def prepare(file: BinaryIO) -> Prepared:
    """Check and re-encode ``file``: upright, without any metadata, in the named sizes.

    Raises PictureError with code ``too_large`` (bytes), ``too_many_pixels``, ``too_long``,
    ``too_small``, ``not_a_picture`` or ``broken``.
    """
    data = _read(file)
    picture = _decode(data)
    forms = [_original(picture), *_renditions(picture)]
    return Prepared(hashlib.sha256(data).hexdigest(), picture.width, picture.height, tuple(forms))


def avif(original: BinaryIO) -> list[Encoded]:
    """The AVIF forms of a stored original: of each size in AVIF_SIZES it is wide enough for."""
    with Image.open(original, formats=("JPEG", "PNG")) as picture:
        widths = [(name, SIZES[name]) for name in AVIF_SIZES if SIZES[name] <= picture.width]
        return [
            _encode(_scaled(picture, width), name, "avif", "AVIF", _AVIF) for name, width in widths
        ]


def _read(file: BinaryIO) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PictureError("too_large", f"文件超过 {MAX_BYTES // 2**20} MB，请压缩后再传。")
    return data


def _decode(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data), formats=FORMATS)
            _check_header(*picture.size)
            picture.load()
            return _plain(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("too_many_pixels", _too_many()) from error
    except UnidentifiedImageError as error:
        raise PictureError("not_a_picture", _NOT_A_PICTURE) from error
    except PictureError:
        raise
    except Exception as error:  # decoders raise whatever their format's library does
        raise PictureError("broken", "图片文件已损坏，无法读取，请重新导出后再传。") from error


def _check_header(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError("too_many_pixels", _too_many(width, height))
    if max(width, height) > MAX_SIDE:
        raise PictureError(
            "too_long", f"图片太长（{width}×{height}）：每边最多 {MAX_SIDE:,} 像素，请截成几张。"
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            "too_small", f"图片只有 {width}×{height} 像素，至少要 {MIN_SIDE}×{MIN_SIDE}。"
        )


def _too_many(width: int = 0, height: int = 0) -> str:
    size = f"（{width}×{height}）" if width else ""
    return f"图片像素过多{size}：最多 {MAX_PIXELS // 10_000:,} 万像素，请缩小后再传。"


def _plain(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent; a new image, so no metadata comes along."""
    if picture.mode.startswith("I;16"):  # convert() would cut 16 bits off at white
        picture = picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.mode in {"I", "F"}:  # measurements: nothing says which number is white
        raise PictureError("not_a_picture", _NOT_A_PICTURE)
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    converted = picture.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and converted.getchannel("A").getextrema()[0] == 255:
        converted = converted.convert("RGB")
    plain = Image.new(converted.mode, converted.size)
    plain.paste(converted)
    return plain


def _original(picture: Image.Image) -> Encoded:
    """The upload itself, re-encoded: the file that came may tell where it was taken."""
    if picture.mode == "RGBA":
        return _encode(picture, "original", "png", "PNG", {"optimize": True})
    return _encode(picture, "original", "jpg", "JPEG", {"quality": 92, "progressive": True})


def _renditions(picture: Image.Image) -> list[Encoded]:
    forms = []
    for name, width in SIZES.items():
        if width > picture.width and name != "thumb":
            continue
        scaled = _scaled(picture, min(width, picture.width))
        for suffix, (encoder, options) in ENCODERS.items():
            forms.append(_encode(scaled, name, suffix, encoder, options))
    return forms


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _encode(picture: Image.Image, name: str, suffix: str, encoder: str, options: dict) -> Encoded:
    if encoder == "JPEG" and picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    out = BytesIO()
    picture.save(out, encoder, **options)
    return Encoded(name, suffix, picture.width, picture.height, out.getvalue())
