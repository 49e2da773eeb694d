"""Word files made by hand, part by part, as Word writes them."""

import zipfile
from io import BytesIO

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
    for key, name in [("a3", "Title"), ("1", "heading 1"), ("2", "heading 2"), ("5", "heading 5")]
)
_NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)


def run(text, marks=""):
    return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs, style="", number=""):
    """``style`` is a key of the styles above, ``number`` the list it belongs to."""
    inside = "".join(one if one.startswith("<") else run(one) for one in runs)
    said = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        said += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{said}</w:pPr>{inside}</w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def picture(number, how="embed"):
    """The picture of that number among the file's own."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing" '
        f'xmlns:a="{drawing}/main" xmlns:pic="{drawing}/picture"><wp:docPr id="1" name="图"/>'
        "<a:graphic><a:graphicData><pic:pic><pic:blipFill>"
        f'<a:blip r:{how}="rIdPicture{number}"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def docx_bytes(*paragraphs, pictures=(), parts=None, kind=KIND, relations=""):
    """A .docx of these paragraphs. ``parts`` are put in beside or in place of the usual ones."""
    related = "".join(
        f'<Relationship Id="rIdPicture{n}" Type="{RELATIONS}/image" Target="media/{n}.bin"/>'
        for n, _data in enumerate(pictures)
    )
    for name in ("styles", "numbering", "footnotes"):
        related += f'<Relationship Id="rId{name}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>'
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="bin" ContentType="image/jpeg"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{related}{relations}</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{WORD}" xmlns:r="{RELATIONS}"><w:body>'
        f"{''.join(paragraphs)}</w:body></w:document>",
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{_STYLES}</w:styles>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{WORD}">{_NUMBERING}</w:numbering>',
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="2">'
        f"{paragraph('注里的话')}</w:footnote></w:footnotes>",
    }
    whole |= {f"word/media/{n}.bin": data for n, data in enumerate(pictures)} | (parts or {})
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, said in whole.items():
            package.writestr(name, said)
    return out.getvalue()
