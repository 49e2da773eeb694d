"""Every colour of text against every surface it stands on: at least 4.5 to 1, by day and by night.

The pairs are written down here; a token that a style sheet uses and no pair names is a failure.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
PUBLIC = ("base.css", "home.css", "lists.css", "article.css", "park.css")

# Text on the surfaces it stands on. Not used for text, because they fall short: brand-2 on
# brand-soft or accent-soft, ink-3 or accent-text on line.
TEXT = {
    "ink": ("paper", "paper-2", "card", "sky", "gold-soft", "accent-soft"),
    "ink-2": ("paper", "paper-2", "card", "sky", "accent-soft"),
    "ink-3": ("paper", "paper-2", "card", "accent-soft"),
    "brand": ("paper", "paper-2", "card", "sky", "brand-soft", "accent-soft"),
    "on-brand": ("brand", "brand-2"),
    "on-accent": ("accent", "accent-strong"),
    "accent-text": ("paper", "card", "accent-soft"),
    "gold": ("paper", "card", "gold-soft", "accent-soft"),
    "on-panel": ("panel",),
    "on-panel-2": ("panel",),
    "on-foot": ("foot",),
    "on-foot-2": ("foot",),
}
# What is seen rather than read needs 3 to 1 (WCAG 1.4.11): the outline of what has the focus.
OUTLINES = {
    "brand-2": ("paper", "paper-2", "card", "sky"),
    "on-panel": ("panel",),
    "on-foot": ("foot",),
}


def pairs(table):
    return [(one, surface) for one, surfaces in table.items() for surface in surfaces]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), pairs(TEXT))
def test_text_can_be_read(text, surface, scheme):
    colours = tokens()[scheme]

    assert contrast(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("outline", "surface"), pairs(OUTLINES))
def test_focus_can_be_seen(outline, surface, scheme):
    colours = tokens()[scheme]

    assert contrast(colours[outline], colours[surface]) >= 3


def test_every_colour_in_use_is_among_the_pairs():
    sheets = "".join((CSS / name).read_text("utf-8") for name in PUBLIC)
    texts = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", sheets))
    backgrounds = re.findall(r"(?<![\w-])background(?:-color)?: ([^;}]+)", sheets)
    surfaces = {name for value in backgrounds for name in re.findall(r"var\(--([\w-]+)\)", value)}
    # A hairline between cells and the dot of an empty circle carry no words.
    assert texts <= set(TEXT)
    assert surfaces - {"line"} <= {surface for _, surface in pairs(TEXT)}


def test_dark_redefines_every_colour():
    light, dark = declared()

    assert set(light) == set(dark)


def test_contrast_is_measured_as_wcag_says():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def tokens():
    light, dark = declared()
    return {"light": light, "dark": light | dark}


def declared():
    """(light, dark): the tokens that are colours, each ``{name: "#rrggbb"}``."""
    text = (CSS / "tokens.css").read_text("utf-8")
    day, night = text.split("@media (prefers-color-scheme: dark)")
    return tuple(dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (day, night))


def contrast(one, other):
    """WCAG 2.2, "contrast ratio" of two sRGB colours: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel):
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
