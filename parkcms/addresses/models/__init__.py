from .broken import BrokenLink
from .missing import Missing
from .redirect import Redirect

__all__ = ["BrokenLink", "Missing", "Redirect"]
