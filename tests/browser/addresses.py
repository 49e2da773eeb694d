"""The addresses of every type of public page the test site has, Chinese ones."""

from rich_content import ARTICLE, ERASED, MATCHED, UNMATCHED, WITHDRAWN

HOME = "/"
REFERENCE = "/articles/3661/"
OWN = "/articles/3662/"
WENZHOU = "/parks/wenzhou-science-park/"
EVERYTHING = f"/articles/{ARTICLE}/"
FORM = "/enquiries/new/"
FIND = "/enquiries/find/"
RECEIPT = f"/enquiries/{MATCHED}/"

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
    FORM,
    f"{FORM}?park=everything",
    FIND,
    "/enquiries/kept/",
    RECEIPT,
    f"{RECEIPT}correct/",
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
    f"{FORM}?space=everything/long",
    f"{RECEIPT}erase/",
    f"{RECEIPT}withdraw/",
    f"/enquiries/{UNMATCHED}/",
    f"/enquiries/{WITHDRAWN}/",
    f"/enquiries/{ERASED}/",
    "/%00",
)
ALL = (*BOTH_LANGUAGES, *CHINESE_ONLY, *(f"/en{path}" for path in BOTH_LANGUAGES))
