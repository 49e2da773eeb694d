"""The colours of the drawn covers: three palettes, each by day and by night.

The blue, green and sand of the site's look; brand #0b5d52 and accent #c8501e are its tokens.
By night the ground comes close to the dark page, #0f171c.
"""

from typing import NamedTuple


class Ink(NamedTuple):
    """One palette by day or by night, as #rrggbb."""

    haze: str  # over the far edge
    ground: str
    lawn: str
    road: str  # and paved yards
    mark: str  # lines on roads
    water: str
    bank: str
    roof: str
    deck: str  # the sunken roof behind a parapet
    left: str  # walls in the light
    left_foot: str
    right: str  # walls in the shade
    right_foot: str
    glass: str
    glass_shade: str
    pane: str  # single windows
    pane_shade: str
    accent: str
    pop: str  # the other accent, for very little things
    leaf: str
    leaf_shade: str
    trunk: str
    shade: str
    panel: str  # solar
    track: str  # of a sports ground
    lit: str  # windows by night


PALETTES = ("blue", "green", "sand")

INKS = {
    ("blue", False): Ink(
        haze="#f3f6fb", ground="#d2ddee", lawn="#bdd8cb", road="#f5f4f0",
        mark="#c0ccde", water="#9cc4ea", bank="#e9eef5", roof="#fdfcf9", deck="#e6ebf3",
        left="#e3e9f3", left_foot="#cdd7e7", right="#a3b4d1", right_foot="#8fa3c5",
        glass="#8bb9e8", glass_shade="#5f8dc4", pane="#87a6d1", pane_shade="#6580ad",
        accent="#1f4f8f", pop="#c8501e", leaf="#8fc7a4", leaf_shade="#3a7867", trunk="#5b6a63",
        shade="#22407a", panel="#3866a6", track="#e2b9a4", lit="#ffd98a",
    ),
    ("green", False): Ink(
        haze="#f4f8f4", ground="#d0e1d6", lawn="#b5d5bd", road="#f6f4ed",
        mark="#bfd0c6", water="#98cbd3", bank="#e6eee8", roof="#fdfcf7", deck="#e4ece6",
        left="#e2ebe5", left_foot="#ccdad1", right="#a0bab0", right_foot="#8aa89d",
        glass="#7cbccb", glass_shade="#5496a6", pane="#84b0aa", pane_shade="#628e86",
        accent="#0b5d52", pop="#c8501e", leaf="#8dc696", leaf_shade="#357658", trunk="#5f6a55",
        shade="#16463a", panel="#2b6a7b", track="#dfb99e", lit="#ffd98a",
    ),
    ("sand", False): Ink(
        haze="#fcf8f1", ground="#ecdcc8", lawn="#d3d8ae", road="#fcf8f0",
        mark="#dac8ae", water="#a3ced3", bank="#f3e9da", roof="#fffcf5", deck="#f2e7d7",
        left="#f0e3d0", left_foot="#dfcdb4", right="#c6aa8a", right_foot="#b39574",
        glass="#8bbec8", glass_shade="#66949e", pane="#b3a68f", pane_shade="#8f785e",
        accent="#c8501e", pop="#0b5d52", leaf="#b0c582", leaf_shade="#628448", trunk="#77634a",
        shade="#64401a", panel="#4f7d8a", track="#dc9f80", lit="#ffd98a",
    ),
    ("blue", True): Ink(
        haze="#0f171c", ground="#182434", lawn="#172d34", road="#2a374a",
        mark="#425169", water="#173b60", bank="#243349", roof="#5b6d8b", deck="#475974",
        left="#425371", left_foot="#324159", right="#2a3850", right_foot="#212d42",
        glass="#3f71a8", glass_shade="#2c5487", pane="#27374f", pane_shade="#1a2639",
        accent="#2f5f9f", pop="#b5532a", leaf="#3f7c6b", leaf_shade="#1b4140", trunk="#2a3838",
        shade="#04080e", panel="#1b3960", track="#4c4149", lit="#f8cd78",
    ),
    ("green", True): Ink(
        haze="#0f171c", ground="#172723", lawn="#18322a", road="#283a37",
        mark="#3e534d", water="#15444e", bank="#223833", roof="#586f67", deck="#455b53",
        left="#3f564e", left_foot="#30443d", right="#293c36", right_foot="#20312c",
        glass="#367d90", glass_shade="#265e6d", pane="#233b34", pane_shade="#182823",
        accent="#0f6d5f", pop="#b5532a", leaf="#3f7d5b", leaf_shade="#194434", trunk="#2a3a33",
        shade="#030907", panel="#14434f", track="#484338", lit="#f8cd78",
    ),
    ("sand", True): Ink(
        haze="#0f171c", ground="#22211e", lawn="#252b22", road="#37342f",
        mark="#544b40", water="#1c434b", bank="#37302a", roof="#7a6e60", deck="#625849",
        left="#5b5044", left_foot="#483e34", right="#3b332b", right_foot="#2f2822",
        glass="#40788a", glass_shade="#2d5864", pane="#3a322a", pane_shade="#271f19",
        accent="#a8471f", pop="#147365", leaf="#6b7a4b", leaf_shade="#343e28", trunk="#3a3026",
        shade="#080604", panel="#23444f", track="#5a4233", lit="#f8cd78",
    ),
}  # fmt: skip
