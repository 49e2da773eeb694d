"""Reading answers as a visitor's program does: elements by short selectors, words, JSON-LD."""

import json
import re

from lxml import etree, html

_STEP = re.compile(r"(?P<tag>[a-z0-9]+|\*)?(?P<rest>(?:\.[\w-]+|#[\w-]+|\[[^\]]+\])*)")
_PART = re.compile(r"\.([\w-]+)|#([\w-]+)|\[([\w:-]+)(?:(\^?=)([^\]]*))?\]")


def parse(response):
    """The document of an answer, which must be one."""
    return html.document_fromstring(response.content.decode())


def xml(response):
    """The root of an XML answer; ill-formed XML raises."""
    return etree.fromstring(response.content)


def every(element, selector):
    """Elements by ``tag.class#id[name=value]`` steps, a space for within, ``>`` for right below."""
    path, axis = ".", "//"
    for step in selector.replace(">", " > ").split():
        if step == ">":
            axis = "/"
            continue
        found = _STEP.fullmatch(step)
        path += (
            axis + (found["tag"] or "*") + "".join(map(_condition, _PART.finditer(found["rest"])))
        )
        axis = "//"
    return element.xpath(path)


def _condition(part):
    css_class, named, attribute, how, value = part.groups()
    if css_class:
        return f"[contains(concat(' ', normalize-space(@class), ' '), ' {css_class} ')]"
    if named:
        return f"[@id='{named}']"
    if not how:
        return f"[@{attribute}]"
    return f"[starts-with(@{attribute}, '{value}')]" if how == "^=" else f"[@{attribute}='{value}']"


def one(element, selector):
    """The only such element; it must be there once."""
    (found,) = every(element, selector)
    return found


def words(element):
    return " ".join(element.text_content().split())


def data(page):
    """Every JSON-LD block of a page, by its @type or, without one, its @context."""
    blocks = [json.loads(b.text) for b in every(page, "script[type=application/ld+json]")]
    return {block.get("@type") or block["@context"]: block for block in blocks}
