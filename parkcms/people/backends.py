from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

LONGEST_NAME = 150  # of User.username; what is longer is nobody's


def attempted_name(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """The name someone tries to get in with, cut to what the count of failures has room for."""
    name = (credentials or request.POST).get("username")
    return name and name[:LONGEST_NAME]


class PeopleBackend(ModelBackend):
    """Lets people in by name and password, but no demo person in production."""

    def user_can_authenticate(self, user: object) -> bool:
        if settings.PRODUCTION and getattr(user, "is_demo", False):
            return False
        return super().user_can_authenticate(user)
