"""The drawn cover of a park without a photo: an isometric scene as a standalone SVG.

The scene follows from a seed text alone, so a park keeps its picture: same bytes on every
platform. Streets run out over every edge, the landmark stands near the middle: any crop a page
makes, from a thumbnail to a wide hero, shows a piece of the park.
"""

import re
from functools import lru_cache
from hashlib import sha256

from .scenery import outdoors, town
from .scenery.inks import INKS, PALETTES, Ink
from .scenery.isometry import PICTURE, PLAN, Dice
from .scenery.sheet import Sheet

__all__ = ["PALETTES", "draw", "palette_for"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def palette_for(slug: str) -> str:
    """The palette a seed gets unless another is asked for."""
    # 35 spreads the first three parks over the three palettes
    digest = sha256(f"palette 35 {slug}".encode("utf-8", "surrogatepass")).digest()
    return PALETTES[digest[0] % len(PALETTES)]


@lru_cache(maxsize=128)  # some 35 kB each; a draw costs more than a page's queries
def draw(
    seed: str,
    *,
    palette: str | None = None,
    dark: bool = False,
    quiet: bool = False,
    width: int = 1200,
    height: int = 630,
    title: str = "",
) -> str:
    """An SVG document of `width` by `height` pixels; other proportions crop the same scene.

    `dark` shows the same scene by night; `quiet` is emptier and greener, for texts without a
    park. Raises KeyError for a palette that is not in PALETTES.
    """
    ink = INKS[palette or palette_for(seed), dark]
    sheet = Sheet(ink, dark, Dice(f"8 scene {seed}"), Dice(f"8 night {seed}"))
    standing = "".join(thing.svg for thing in town.build(sheet, quiet=quiet))
    lying = "".join(sheet.ground)
    w, h = PICTURE
    cover = f"M0 0h{w}v{h}H0z"
    shade, depth = ("#000", ".38") if dark else (ink.shade, ".17")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{width}" '
        f'height="{height}" preserveAspectRatio="xMidYMid slice" role="img">'
        f"{f'<title>{name}</title>' if (name := _escaped(title)) else ''}"
        f"<defs>{_gradients(ink)}{outdoors.symbols(ink, lying + standing)}</defs>"
        f'<path fill="{ink.ground}" d="{cover}"/><g fill="none">'
        f'<g transform="{PLAN}">{lying}<g opacity="{depth}">'
        f'<path fill="{shade}" d="{"".join(sheet.shade)}"/><path stroke="{shade}" '
        f'stroke-width="13" stroke-linecap="round" d="{"".join(sheet.specks)}"/></g></g>'
        f'{standing}</g><path fill="url(#H)" d="{cover}"/></svg>\n'
    )


def _gradients(ink: Ink) -> str:
    """F foliage, L and R walls, M round metal, O lamplight, H haze over the far edge."""
    down = 'x2="0" y2="1"'
    return (
        f'<radialGradient id="F" cx=".36" cy=".3" r=".75"><stop stop-color="{ink.leaf}"/>'
        f'<stop offset="1" stop-color="{ink.leaf_shade}"/></radialGradient>'
        f'<linearGradient id="L" {down}><stop stop-color="{ink.left}"/>'
        f'<stop offset="1" stop-color="{ink.left_foot}"/></linearGradient>'
        f'<linearGradient id="R" {down}><stop stop-color="{ink.right}"/>'
        f'<stop offset="1" stop-color="{ink.right_foot}"/></linearGradient>'
        f'<linearGradient id="M"><stop stop-color="{ink.roof}"/><stop offset=".4" '
        f'stop-color="{ink.left_foot}"/><stop offset="1" stop-color="{ink.right_foot}"/>'
        f'</linearGradient><radialGradient id="O"><stop stop-color="{ink.lit}" stop-opacity=".42"/>'
        f'<stop offset=".3" stop-color="{ink.lit}" stop-opacity=".14"/>'
        f'<stop offset="1" stop-color="{ink.lit}" stop-opacity="0"/></radialGradient>'
        f'<linearGradient id="H" {down}><stop stop-color="{ink.haze}" '
        f'stop-opacity=".45"/><stop offset=".32" stop-color="{ink.haze}" stop-opacity="0"/>'
        f"</linearGradient>"
    )


def _escaped(text: str) -> str:
    """Text for an XML element; what XML cannot hold is left out."""
    plain = _NOT_XML.sub("", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
