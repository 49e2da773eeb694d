"""Why a file that came can't be taken in."""


class Refused(ValueError):  # noqa: N818 - it says what is so
    """``code`` says what is wrong, the message says it to the person, in Chinese."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def empty(size: int | None) -> None:
    """Raises Refused, code ``empty``, for a file of no bytes."""
    if size == 0:
        raise Refused("empty", "文件是空的（0 字节），请重新导出后再传。")
