"""XML from elsewhere: no document type, so no entities and nothing fetched; not too deep.

Entity bombs and outside entities both need a document type declaration, which no format here has.
"""

import codecs
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from django.utils.translation import gettext as _

from courses.formats.base import BadFile

DEEPEST = 60


def parse(data: bytes) -> Element:
    """The root. Names come without their namespaces."""
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise BadFile(_("The XML is nested too deep."))
        builder.start(bare(name), {bare(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(bare(name))

    def refuse(*_rest: object) -> None:
        raise BadFile(_("The XML declares a document type, which this site does not take."))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        # Programs that print a blank line first are forgiven.
        parser.Parse(data.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n"), True)
    except expat.ExpatError as error:
        told = {"line": error.lineno}
        raise BadFile(_("The XML is broken at line %(line)s.") % told) from error
    except (ValueError, LookupError) as error:  # an encoding that is not known, or not kept
        if isinstance(error, BadFile):
            raise
        raise BadFile(_("The file is no text that this site can read.")) from error
    return builder.close()


def bare(name: str) -> str:
    return name.rpartition("}")[2]
