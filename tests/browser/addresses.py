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
    WENZHOU,
    "/parks/everything/",
    "/parks/everything/spaces/long/",
    "/spaces/",
    "/articles/",
    OWN,
    EVERYTHING,
    "/search/?q=park",
    "/search/?q=nothing-at-all",
    "/about/",
    "/contact/",
    "/no/such/page/",
)
# Of the same kind as one above, or without an English page.
CHINESE_ONLY = (
    REFERENCE,
    "/articles/1/",
    "/parks/lingang-u-valley/spaces/b3/",
    "/articles/category/shanghai-factories/",
    "/reprint/versions/1/",
    "/search/",
)
ALL = (*BOTH_LANGUAGES, *CHINESE_ONLY, *(f"/en{path}" for path in BOTH_LANGUAGES))
