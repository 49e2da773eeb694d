"""What may stand in a log: no token of an enquiry, a complaint, a preview or a mail, no query.

Whoever has the token of an address `/enquiries/<token>/…` may read, correct and withdraw the
enquiry, and logs are kept, copied and read by more people than that. Standard library only.
"""

import logging
import re

MASK = "***"
# The addresses there that are no secret; everything else in this place counts as a token, however
# it is written. A `%` may stand there: %6e is the same letter to the site.
OPEN = ("new", "find", "kept", "sent")
_TOKEN = re.compile(
    rf"""(/(?:enquiries|report|spaces/+watch)/+)(?!(?:{"|".join(OPEN)})(?![\w%.~-]))[^/\s?#"'<>,;:)\]]+""",
    re.IGNORECASE,
)
# What the addresses of a preview and of a page to confirm are signed with has colons in it.
_SIGNED = re.compile(r"""(/(?:preview|spaces/+confirm)/+)[^/\s?#"'<>,;)\]]+""", re.IGNORECASE)
_TRACE = logging.Formatter()


def masked(text: str) -> str:
    """The text with `***` in the place of every token in an address."""
    return _SIGNED.sub(rf"\g<1>{MASK}", _TOKEN.sub(rf"\g<1>{MASK}", text))


class MaskTokens(logging.Filter):
    """Masks tokens in what a record will be written as: message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            return True  # logging itself reports a message that its arguments do not fit
        if (safe := masked(said)) != said:
            record.msg, record.args = safe, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _TRACE.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        return True
