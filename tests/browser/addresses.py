"""The addresses of every type of public page the test site has, Chinese ones."""

from rich_content import ARTICLE

HOME = "/"
REFERENCE = "/articles/3661/"
OWN = "/articles/3662/"
WENZHOU = "/parks/wenzhou-science-park/"
EVERYTHING = f"/articles/{ARTICLE}/"

BOTH_LANGUAGES = (
    HOME,
    "/parks/",
    "/parks/everything/",
    "/parks/everything/spaces/long/",
    "/spaces/",
    "/articles/",
    EVERYTHING,
    "/search/?q=park",
    "/search/?q=nothing-at-all",
    "/contact/",
    "/no/such/page/",
)
# Of the same kind as one above, or without an English page.
CHINESE_ONLY = (
    WENZHOU,
    REFERENCE,
    "/parks/lingang-u-valley/spaces/b3/",
    "/articles/category/shanghai-factories/",
    "/about/",
    "/reprint/versions/1/",
    "/search/",
    "/%00",
)
ALL = (*BOTH_LANGUAGES, *CHINESE_ONLY, *(f"/en{path}" for path in BOTH_LANGUAGES))
