from django import template

from ..models import Picture

register = template.Library()


@register.inclusion_tag("library/picture.html")
def picture(row: Picture, sizes: str = "100vw", css: str = "", eager: bool = False) -> dict:
    """``<picture>`` with AVIF, WebP and JPEG, srcset, width and height, cropped to its focus."""
    return {"picture": row, "sizes": sizes, "css": css, "eager": eager}


@register.filter
def at_size(row: Picture, name: str) -> str:
    """Address of the picture's JPEG in a named size."""
    return row.url(name)


@register.filter
def srcset(row: Picture, suffix: str) -> str:
    return row.srcset(suffix)
