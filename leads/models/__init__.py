"""The nouns of an enquiry, one module each; import them from here."""

from .activity import Activity
from .enquiry import Enquiry
from .recipient import Recipient
from .running import Alarm, LookUpTry, RetentionRun

__all__ = ["Activity", "Alarm", "Enquiry", "LookUpTry", "Recipient", "RetentionRun"]
