"""An independent look at a PDF: the rules of PDF/UA-1 (ISO 14289-1) that a program can check.

Written against the Matterhorn Protocol's machine checks, with pypdf, and sharing nothing with the
program that made the file. It covers what our one-page documents can get wrong; it is no
substitute for a full validator (tables, forms, notes, media are not looked at).
"""

import io
import itertools
import re
import xml.etree.ElementTree as ElementTree

from pypdf import PdfReader
from pypdf.generic import ContentStream

STANDARD = {
    *("Document", "Part", "Sect", "Div", "P", "H1", "H2", "H3", "Span", "Link", "Figure"),
    *(
        "Table",
        "THead",
        "TBody",
        "TR",
        "TH",
        "TD",
        "L",
        "LI",
        "Lbl",
        "LBody",
        "Artifact",
        "NonStruct",
    ),
}
UA = "{http://www.aiim.org/pdfua/ns/id/}part"
TITLE = "{http://purl.org/dc/elements/1.1/}title"


def violations(pdf):
    """What is wrong, in words; an empty list when nothing is."""
    reader = PdfReader(io.BytesIO(pdf))
    root, found = reader.trailer["/Root"], []
    if not root.get("/MarkInfo", {}).get("/Marked"):
        found.append("not marked as tagged (06)")
    if not re.fullmatch(r"[a-z]{2}(-[A-Za-z]+)?", str(root.get("/Lang", ""))):
        found.append("no language of the document (11-006)")
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        found.append("the title is not shown in the window (07-001)")
    found += _metadata(root)
    if "/StructTreeRoot" not in root:
        return [*found, "no structure tree (06)"]
    marked, found_in_tree = _tree(root)
    found += found_in_tree
    for page in reader.pages:
        found += _content(reader, page, marked)
        found += _fonts(page)
        found += _links(page)
    return found


def _metadata(root):
    if "/Metadata" not in root:
        return ["no XMP metadata (06-001)"]
    tree = ElementTree.fromstring(root["/Metadata"].get_object().get_data())  # noqa: S314
    found = []
    part = [each.text for each in tree.iter(UA)]
    part += [each.attrib[UA] for each in tree.iter() if UA in each.attrib]
    if part != ["1"]:
        found.append("does not say that it is PDF/UA-1 (06-002)")
    if not any("".join(title.itertext()).strip() for title in tree.iter(TITLE)):
        found.append("no title (06-003)")
    return found


def _tree(root):
    """The marked-content ids that are in the tree, and what is wrong with its elements."""
    tree = root["/StructTreeRoot"]
    roles = dict(tree.get("/RoleMap", {}).items())
    marked, found, headings = set(), [], []
    pending = [(tree, None)]
    while pending:
        element, parent = pending.pop(0)
        element = element.get_object() if hasattr(element, "get_object") else element
        if isinstance(element, int):
            marked.add(element)
            continue
        if isinstance(element, list):
            pending = [(each, parent) for each in element] + pending
            continue
        if element.get("/Type") == "/MCR":
            marked.add(int(element["/MCID"]))
            continue
        if element.get("/Type") == "/OBJR":
            continue
        kind = str(element.get("/S", ""))[1:]
        kind = str(roles.get(f"/{kind}", f"/{kind}"))[1:]
        if element is not tree and kind not in STANDARD:
            found.append(f"{kind!r} is no standard kind of element (02-001)")
        if kind == "Figure" and not str(element.get("/Alt", "")).strip():
            found.append("a figure without a description (13-004)")
        if kind == "Figure" and "/BBox" not in str(element.get("/A", "")):
            found.append("a figure that does not say where it is")
        if re.fullmatch(r"H\d", kind):
            headings.append(int(kind[1]))
        if "/K" in element:
            pending.insert(0, (element["/K"], kind))
    if headings[:1] != [1] or any(b > a + 1 for a, b in itertools.pairwise(headings)):
        found.append(f"headings {headings} skip a level (14)")
    return marked, found


def _content(reader, page, marked):
    """Everything painted is in the tree or an artifact (01-003 to 01-005)."""
    found, depth, seen = [], [], set()
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator in {b"BDC", b"BMC"}:
            tag = str(operands[0])
            properties = operands[1] if operator == b"BDC" else {}
            number = properties.get("/MCID") if hasattr(properties, "get") else None
            if number is not None:
                seen.add(int(number))
            depth.append((tag, number))
        elif operator == b"EMC":
            depth.pop()
        elif operator in {b"Tj", b"TJ", b"Do", b"f", b"f*", b"S", b"B", b"sh"}:
            inside = any(tag == "/Artifact" or number is not None for tag, number in depth)
            if not inside:
                found.append(f"{operator.decode()} paints outside of all tags (01-005)")
    if page.get("/StructParents") is None:
        found.append("the page does not lead to the tree")
    if seen - marked:
        found.append(f"content {sorted(seen - marked)} is tagged, and not in the tree")
    if page.get("/Tabs") != "/S" and "/Annots" in page:
        found.append("the tab order does not follow the structure (28-004)")
    return found


def _fonts(page):
    found = []
    for font in page["/Resources"].get("/Font", {}).values():
        font = font.get_object()
        if "/ToUnicode" not in font:
            found.append("a font whose text cannot be read out (10-001)")
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner["/FontDescriptor"].get_object()
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
            found.append("a font that is not embedded (31-009)")
    return found


def _links(page):
    found = []
    for link in page.get("/Annots", []):
        link = link.get_object()
        if link["/Subtype"] == "/Link" and not str(link.get("/Contents", "")).strip():
            found.append("a link without a description (28-011)")
        if "/StructParent" not in link:
            found.append("a link that is not in the tree (28-010)")
    return found
