"""Reading answers as a visitor's program does: elements by short selectors, words, JSON-LD."""

import json
import re

from lxml import etree, html

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
SPOKEN = ("alt", "title", "aria-label", "placeholder", "data-close", "data-done")
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


def unmarked(page):
    """Chinese that a reading machine would speak as English: texts, and attributes read aloud."""
    found = []
    for element in page.find("body").iter():
        if not isinstance(element.tag, str) or element.tag == "script":
            continue
        here, around = language_at(element), language_at(element.getparent())
        texts = [(here, element.text), (around, element.tail)]
        texts += [(here, element.get(name)) for name in SPOKEN]
        found += [text.strip() for lang, text in texts if lang == "en" and HAN.search(text or "")]
    return found


def language_at(element):
    """The language an element is in by its own lang or the nearest around it."""
    while element is not None:
        if element.get("lang"):
            return element.get("lang")
        element = element.getparent()
    return ""
