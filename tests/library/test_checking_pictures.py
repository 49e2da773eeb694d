"""What an upload is turned into, and what is refused before a pixel is decoded."""

import hashlib
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from factories import image_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from parkcms.library import pictures
from parkcms.library.pictures import SIZES, PictureError, prepare

GPS = {1: "N", 2: (31.0, 17.0, 51.0), 3: "E", 4: (121.0, 15.0, 0.0)}
PLACE = b"PLACE-OF-THE-SHOT"


def encoded(picture, kind="PNG", **options):
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def prepared(data):
    return prepare(BytesIO(data))


def refusal(data):
    """The code a file is refused with; its message must be in Chinese."""
    with pytest.raises(PictureError) as caught:
        prepared(data)
    assert any("\u4e00" <= char <= "\u9fff" for char in str(caught.value))
    return caught.value.code


def form(made, name, suffix):
    (found,) = [one for one in made.forms if (one.name, one.suffix) == (name, suffix)]
    return Image.open(BytesIO(found.data))


def middle(picture):
    return picture.getpixel((picture.width // 2, picture.height // 2))


def near(colour, other, by=6):
    return all(abs(a - b) <= by for a, b in zip(colour, other, strict=True))


def tiny_png(width, height):
    """A PNG of some 70 bytes that claims to be ``width`` × ``height`` grey pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0")), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def camera_jpeg(orientation=1, size=(64, 32)):
    """A photo as a phone sends it: red left half, blue right half, turned, with its place."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825).update(GPS)
    return encoded(picture, "JPEG", exif=exif, quality=95, comment=PLACE, xmp=b"<x>" + PLACE)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (12_000, 12_000), (7_100, 7_100)])
def test_a_small_file_that_claims_a_huge_picture_is_refused_before_a_pixel_is_decoded(
    monkeypatch, width, height
):
    data = tiny_png(width, height)
    assert len(data) < 100
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda picture: decoded.append(picture))
    assert refusal(data) == "too_many_pixels"
    assert decoded == []
    refusal(image_bytes(64, 64))
    assert decoded  # so the trap works


def test_the_refusal_names_the_size_and_the_limit():
    with pytest.raises(PictureError, match=r"7100×7100.*5,000 万"):
        prepared(tiny_png(7_100, 7_100))


def test_a_claim_within_the_limit_is_decoded_and_found_to_be_empty():
    assert refusal(tiny_png(7_000, 7_000)) == "broken"


@pytest.mark.parametrize(("width", "height"), [(1_000, 20_000), (20_000, 1_000), (16, 70_000)])
def test_a_side_no_encoder_takes_is_refused(width, height):
    assert refusal(tiny_png(width, height)) == "too_long"


@pytest.mark.parametrize(("width", "height"), [(15, 400), (400, 15), (1, 1)])
def test_a_speck_is_refused(width, height):
    assert refusal(image_bytes(width, height, "PNG")) == "too_small"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (image_bytes()[:-400], "broken"),
        (image_bytes(kind="PNG")[:200], "broken"),
        (b"", "not_a_picture"),
        (b"just words, named .jpg", "not_a_picture"),
        ("纯文字".encode() * 100, "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'/>", "not_a_picture"),
        (b"<html><script>alert(1)</script></html>", "not_a_picture"),
        (b"%PDF-1.7 ...", "not_a_picture"),
        (b"\xff\xd8\xff\xe0", "not_a_picture"),
        (encoded(Image.new("RGB", (64, 64)), "PPM"), "not_a_picture"),
        (encoded(Image.new("RGB", (64, 64)), "ICO"), "not_a_picture"),
        (encoded(Image.new("F", (64, 64), 0.5), "TIFF"), "not_a_picture"),
    ],
    ids=["cut-jpeg", "cut-png", "empty", "text", "chinese", "svg", "html", "pdf", "stub", "ppm",
         "ico", "measurements"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data, code):
    assert refusal(data) == code


def test_a_file_over_the_limit_is_refused_unread(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    assert refusal(image_bytes(kind="PNG") + b"\0" * 1001) == "too_large"


def test_exactly_the_limit_is_taken(monkeypatch):
    data = image_bytes()
    monkeypatch.setattr(pictures, "MAX_BYTES", len(data))
    assert prepared(data).width == 640
    assert refusal(data + b"\0") == "too_large"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]))
def test_a_damaged_file_is_refused_or_taken_but_never_an_error_of_ours(junk, kind):
    good = image_bytes(40, 40, kind)
    for data in (junk, good[: len(good) // 2] + junk, good[:30] + junk + good[30:]):
        with suppress(PictureError):
            assert prepared(data).forms


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(orientation):
    made = prepared(camera_jpeg(orientation))
    is_turned = orientation >= 5
    assert (made.width, made.height) == ((32, 64) if is_turned else (64, 32))
    photo = form(made, "original", "jpg")
    assert photo.size == (made.width, made.height)
    edge = (photo.width // 2, 3) if is_turned else (3, photo.height // 2)
    is_red_first = orientation in {1, 4, 5, 6}
    assert near(photo.getpixel(edge), (254, 0, 0) if is_red_first else (0, 0, 254), 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_no_stored_form_tells_where_the_picture_was_taken(kind):
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825).update(GPS)
    options = {"exif": exif}
    if kind != "TIFF":
        options["icc_profile"] = PLACE
    if kind in {"JPEG", "WEBP", "AVIF"}:
        options["xmp"] = PLACE
    data = encoded(Image.new("RGB", (600, 400), "teal"), kind, **options)
    assert PLACE in data  # so that something could leak
    made = prepared(data)
    assert {one.name for one in made.forms} == {"original", "thumb", "card"}
    for one in made.forms:
        assert PLACE not in one.data
        assert b"GPS" not in one.data
        read = Image.open(BytesIO(one.data))
        assert not read.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(read.info)


@pytest.mark.parametrize("width", [16, 239, 240, 241, 480, 960, 1439, 1440, 1920, 2500])
def test_named_sizes_are_made_in_both_formats_and_never_larger_than_the_picture(width):
    made = prepared(image_bytes(width, 100))
    wanted = {name: side for name, side in SIZES.items() if side <= width} | {
        "thumb": min(240, width)
    }
    for suffix, kind in (("jpg", "JPEG"), ("webp", "WEBP")):
        found = {one.name: one.width for one in made.forms if one.suffix == suffix}
        assert found.pop("original", width) == width
        assert found == wanted
        for name in wanted:
            read = form(made, name, suffix)
            assert (read.format, read.width) == (kind, wanted[name])
            assert read.height == max(1, round(100 * wanted[name] / width))


def test_what_a_form_says_of_itself_is_so():
    for one in prepared(image_bytes(1000, 700)).forms:
        assert Image.open(BytesIO(one.data)).size == (one.width, one.height)


def test_the_fingerprint_is_of_the_bytes_as_they_came():
    data = image_bytes()
    assert prepared(data).sha256 == hashlib.sha256(data).hexdigest()


def test_transparency_is_kept_where_the_format_can_and_white_where_it_can_not():
    picture = Image.new("RGBA", (300, 300), (200, 0, 0, 0))
    picture.paste((0, 0, 200, 255), (0, 0, 300, 100))
    made = prepared(encoded(picture))
    assert form(made, "original", "png").getpixel((150, 250))[3] == 0
    assert form(made, "thumb", "webp").convert("RGBA").getpixel((120, 200))[3] == 0
    assert near(form(made, "thumb", "jpg").getpixel((120, 200)), (255, 255, 255))
    assert near(form(made, "thumb", "jpg").getpixel((120, 20)), (0, 0, 200), 12)


def test_an_opaque_alpha_channel_is_no_reason_for_a_png():
    made = prepared(encoded(Image.new("RGBA", (300, 300), (9, 99, 9, 255))))
    assert {one.suffix for one in made.forms} == {"jpg", "webp"}


def sixteen_bits(grey):
    picture = Image.new("I;16", (64, 64))
    picture.putdata([grey] * 64 * 64)
    return picture


PALETTE = Image.new("P", (64, 64), 1)
PALETTE.putpalette([255, 255, 255, 30, 140, 60])


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), (254, 0, 0)),
        (encoded(Image.new("CMYK", (64, 64), (255, 0, 255, 0)), "TIFF"), (0, 254, 0)),
        (encoded(sixteen_bits(32_896)), (128, 128, 128)),
        (encoded(sixteen_bits(257)), (1, 1, 1)),
        (encoded(sixteen_bits(65_535)), (255, 255, 255)),
        (encoded(sixteen_bits(32_896), "TIFF"), (128, 128, 128)),
        (encoded(PALETTE), (30, 140, 60)),
        (encoded(PALETTE, "GIF"), (30, 140, 60)),
        (encoded(Image.new("1", (64, 64), 1)), (255, 255, 255)),
        (encoded(Image.new("L", (64, 64), 77), "JPEG"), (77, 77, 77)),
        (encoded(Image.new("RGB", (64, 64), (9, 90, 200)), "BMP"), (9, 90, 200)),
        (encoded(Image.new("RGB", (64, 64), (9, 90, 200)), "AVIF"), (9, 90, 200)),
    ],
    ids=["cmyk-jpeg", "cmyk-tiff", "grey16", "grey16-dark", "grey16-white", "grey16-tiff",
         "palette-png", "palette-gif", "one-bit", "grey", "bmp", "avif"],
)  # fmt: skip
def test_any_kind_of_pixel_becomes_its_colour(data, colour):
    made = prepared(data)
    for suffix in ("jpg", "webp"):
        picture = form(made, "thumb", suffix)
        assert picture.mode == "RGB"
        assert near(middle(picture), colour)


def test_a_palette_with_a_transparent_colour_stays_transparent():
    made = prepared(encoded(PALETTE, transparency=1))
    assert middle(form(made, "original", "png"))[3] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind):
    first, second = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    made = prepared(encoded(first, kind, save_all=True, append_images=[second], duration=50))
    for one in made.forms:
        picture = Image.open(BytesIO(one.data))
        assert getattr(picture, "n_frames", 1) == 1
        assert near(middle(picture.convert("RGB")), (254, 0, 0), 12)


def test_what_hides_behind_a_picture_is_not_stored():
    made = prepared(image_bytes(kind="PNG") + b"<script>alert(1)</script>")
    assert all(b"<script" not in one.data for one in made.forms)
