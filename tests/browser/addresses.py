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
    "/parks/lingang-u-valley/spaces/b3/",
    "/parks/everything/spaces/long/",
    "/spaces/",
    "/articles/",
    "/articles/category/shanghai-factories/",
    OWN,
    EVERYTHING,
    "/search/?q=park",
    "/search/?q=nothing-at-all",
    "/search/",
    "/about/",
    "/contact/",
    "/privacy/",
    "/reprint/",
    "/reprint/versions/1/",
    "/no/such/page/",
)
CHINESE_ONLY = (REFERENCE, "/articles/1/")
ALL = (*BOTH_LANGUAGES, *CHINESE_ONLY, *(f"/en{path}" for path in BOTH_LANGUAGES))
