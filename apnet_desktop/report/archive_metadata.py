"""What a PDF needs to be kept for years: title, language, XMP, sRGB output intent (after ISO 19005-2, level b)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["add_archive_metadata"]

_PRODUCER = "ReportLab PDF Library"
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{creator}</xmp:CreatorTool>
<xmp:CreateDate>{time}</xmp:CreateDate><xmp:ModifyDate>{time}</xmp:ModifyDate>
<pdf:Producer>{producer}</pdf:Producer><pdf:Keywords>{keywords}</pdf:Keywords>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


class _Stamp:
    """A time in the form in which reportlab keeps the document's time; always UTC."""

    def __init__(self, time: datetime) -> None:
        moment = time.astimezone(UTC) if time.tzinfo is not None else time.replace(tzinfo=UTC)
        self.t = moment.timestamp()
        self.YMDhms = moment.timetuple()[:6]
        self.dhh = 0
        self.dmm = 0
        self.iso = moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def add_archive_metadata(
    canvas: Any, *, title: str, subject: str, keywords: str, creator: str, language: str, time: datetime
) -> None:
    """Sets title, metadata, language and output intent on a reportlab canvas that is about to be saved."""
    from reportlab.pdfbase.pdfdoc import (
        PDFArray,
        PDFDictionary,
        PDFName,
        PDFStream,
        PDFString,
        PDFZCompress,
    )

    document = canvas._doc
    stamp = _Stamp(time)
    document._timeStamp = stamp
    # The file's id: reportlab starts it from the clock or from SOURCE_DATE_EPOCH.
    document.signature = hashlib.md5(f"{keywords} {stamp.iso}".encode(), usedforsecurity=False)
    canvas.setTitle(title)
    canvas.setAuthor(creator)
    canvas.setSubject(subject)
    canvas.setKeywords(keywords)
    canvas.setCreator(creator)
    document.info.producer = _PRODUCER

    words = {
        "title": title, "subject": subject, "keywords": keywords, "creator": creator, "language": language,
        "time": stamp.iso, "producer": _PRODUCER,
    }  # fmt: skip
    xmp = _XMP.format(**{name: escape(value) for name, value in words.items()}).encode()
    document.Catalog.Metadata = _plain_stream(xmp)
    profile = PDFStream(PDFDictionary({"N": 3}), _srgb_profile(), filters=[PDFZCompress])
    intent = PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString("sRGB IEC61966-2.1"),
            "Info": PDFString("sRGB IEC61966-2.1"),
            "DestOutputProfile": document.Reference(profile, "outputProfile"),
        }
    )
    document.Catalog.OutputIntents = PDFArray([document.Reference(intent, "outputIntent")])
    document.Catalog.__NoDefault__ = [*type(document.Catalog).__NoDefault__, "OutputIntents", "ViewerPreferences"]
    document.Catalog.__Refs__ = [*type(document.Catalog).__Refs__, "OutputIntents"]
    document.Catalog.ViewerPreferences = PDFDictionary({"DisplayDocTitle": "true"})


def _plain_stream(xmp: bytes) -> Any:
    """XMP stays uncompressed, so that readers that know nothing of PDF find it."""
    from reportlab.pdfbase.pdfdoc import PDFStream

    class PlainStream(PDFStream):  # type: ignore[misc]  # reportlab carries no types
        """A metadata stream without filters; reportlab's own writes an empty list of them."""

        def format(self, document: Any) -> bytes:
            return b"<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%s\nendstream\n" % (len(xmp), xmp)

    return PlainStream(content=xmp)


@cache
def _srgb_profile() -> bytes:
    """An sRGB ICC profile, with the date that littlecms writes into it taken out."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Header of ICC.1: bytes 8 and 9 the version (4.2 is what PDF 1.7 knows), 24 to 35 the date.
    profile[8:10] = b"\x04\x20"
    profile[24:36] = bytes([7, 234, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    return bytes(profile)
