"""The fonts of the report: every character has a glyph, and every glyph is embedded.

Noto Sans SC (SIL Open Font License, PyPI `pylopdf-fonts-zh-cn`) carries Latin, Greek, Cyrillic, kana and 30,000 Han
characters; Noto Sans KR (the same family, `pylopdf-fonts-ko`) carries Hangul; DejaVu Sans (Bitstream Vera licence, in
matplotlib) carries what they lack: Latin Extended, Vietnamese, Hebrew, Arabic, symbols. All are read once; a document
gets small TrueType fonts of just the characters that it uses, because reportlab cannot embed the CFF outlines of Noto.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apnet_desktop.locations import resources_folder
from apnet_desktop.report.right_to_left import joined, plain_letters

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

__all__ = ["Donor", "FontSet", "donors", "printable", "uncovered", "warm_up"]

_ASCENT, _DESCENT = 0.88, 0.24
_BIDI_AND_FORMAT = "Cf"
# 2026-01-01 in seconds since 1904, as the table `head` counts: a fixed time keeps the bytes the same.
_EPOCH = 3850070400


@dataclass(frozen=True)
class Donor:
    """A font file that glyphs are taken from.

    Attributes:
        name: PostScript name that the document's subset carries.
        path: The font file, CFF or TrueType.
    """

    name: str
    path: Path

    @property
    def opened(self) -> Any:
        """The font as fontTools reads it; opened once in a process."""
        return _opened(self.path)

    @property
    def characters(self) -> dict[int, str]:
        """Glyph name by code point."""
        return _character_map(self.path)

    def advance(self, character: str) -> float:
        """Advance width of one character in em."""
        return _advances(self.path).get(ord(character), 0.0)


@cache
def _opened(path: Path) -> Any:
    from fontTools.ttLib import TTFont as FontFile

    return FontFile(io.BytesIO(path.read_bytes()), lazy=True)


@cache
def _character_map(path: Path) -> dict[int, str]:
    return dict(_opened(path).getBestCmap())


@cache
def _advances(path: Path) -> dict[int, float]:
    font = _opened(path)
    metrics, em = font["hmtx"].metrics, font["head"].unitsPerEm
    return {code: metrics[glyph][0] / em for code, glyph in _character_map(path).items()}


@cache
def donors() -> tuple[Donor, ...]:
    """The fonts, in the order in which they are asked for a character."""
    import pylopdf_fonts_ko
    import pylopdf_fonts_zh_cn

    return (
        Donor("NotoSansSC-Regular", Path(pylopdf_fonts_zh_cn.sans_path())),
        Donor("NotoSansKR-Regular", Path(pylopdf_fonts_ko.sans_path())),
        Donor("DejaVuSans", _dejavu()),
    )


def _dejavu() -> Path:
    """DejaVu Sans: beside the resources in the packaged application that has no matplotlib, else in matplotlib."""
    shipped = resources_folder() / "fonts" / "DejaVuSans.ttf"
    return shipped if shipped.is_file() else _matplotlib_folder() / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


def _matplotlib_folder() -> Path:
    """Where matplotlib lies; it is not imported, which would take longer than the whole report."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("matplotlib")
    return Path(found.origin).parent


@cache
def _donor_of(character: str) -> Donor | None:
    return next((donor for donor in donors() if ord(character) in donor.characters), None)


def printable(text: str) -> str:
    """`text` as it is printed: one line of visible characters, each with a glyph.

    Control characters become spaces; direction marks and other invisible format characters are left out, so that a
    name cannot turn the line around; a character that no font has is written as its code point, "[U+0E01]", never as
    an empty box. The record and the JSON twin keep the original.
    """
    shown: list[str] = []
    for character in joined(unicodedata.normalize("NFC", text)):
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp") or character in "\u2007\u2009\u200a\u202f":
            shown.append(" ")
        elif category == _BIDI_AND_FORMAT:
            continue
        elif _donor_of(character) is None:
            shown.append(f"[U+{ord(character):04X}]")
        else:
            shown.append(character)
    return "".join(shown)


def uncovered(text: str) -> set[str]:
    """Characters of `text` that no font has."""
    return {character for character in text if _donor_of(character) is None}


def warm_up() -> None:
    """Reads the fonts and loads reportlab, so that the first report of a process is as quick as the next."""
    import reportlab.pdfgen.canvas  # noqa: F401
    from fontTools.fontBuilder import FontBuilder  # noqa: F401

    for donor in donors():
        donor.advance("0")
    # What every report prints, in any language.
    for code in range(ord("!"), ord("~") + 1):
        _outline(donors()[0], code)


_glyphs: dict[tuple[str, int], Any] = {}


def _outline(donor: Donor, code: int) -> Any:
    """TrueType outline of one character, converted once in a process (quadratic curves, error below 1/1000 em)."""
    key = (donor.name, code)
    if key not in _glyphs:
        from fontTools.pens.cu2quPen import Cu2QuPen
        from fontTools.pens.recordingPen import DecomposingRecordingPen
        from fontTools.pens.ttGlyphPen import TTGlyphPen

        font = donor.opened
        glyph_set = font.getGlyphSet()
        recording = DecomposingRecordingPen(glyph_set)
        glyph_set[donor.characters[code]].draw(recording)
        target = TTGlyphPen(None)
        cff = "glyf" not in font
        recording.replay(Cu2QuPen(target, max_err=font["head"].unitsPerEm / 1000, reverse_direction=cff))
        _glyphs[key] = target.glyph()
    return _glyphs[key]


def _subset(donor: Donor, codes: list[int], name: str) -> bytes:
    """A TrueType font file of just `codes`; the same bytes for the same codes."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    em = donor.opened["head"].unitsPerEm
    names = {code: f"u{code:05X}" for code in codes}
    outlines = {".notdef": Glyph(), **{names[code]: _outline(donor, code) for code in codes}}
    builder = FontBuilder(em, isTTF=True)
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap(names)
    builder.setupGlyf(outlines)
    table = builder.font["glyf"]
    widths = {names[code]: round(donor.advance(chr(code)) * em) for code in codes}
    metrics = {glyph: (widths.get(glyph, em // 2), getattr(table[glyph], "xMin", 0)) for glyph in outlines}
    builder.setupHorizontalMetrics(metrics)
    builder.setupHorizontalHeader(ascent=round(_ASCENT * em), descent=-round(_DESCENT * em))
    builder.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name, "fullName": name})
    builder.setupOS2(
        sTypoAscender=round(_ASCENT * em), sTypoDescender=-round(_DESCENT * em), sCapHeight=round(0.73 * em)
    )
    builder.setupPost()
    builder.updateHead(created=_EPOCH, modified=_EPOCH)
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _to_unicode(font_name: str, subset: list[int]) -> str:
    """ToUnicode map of a reportlab font subset, in UTF-16BE.

    reportlab writes characters beyond U+FFFF with five hexadecimal digits, which readers take for other characters.
    """
    lines = [
        f"<{index:02X}> <{plain_letters(chr(code)).encode('utf-16-be').hex().upper()}>"
        for index, code in enumerate(subset)
    ]
    blocks = [
        f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar"
        for part in (lines[start : start + 100] for start in range(0, len(lines), 100))
    ]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({font_name}) /Ordering ({font_name}) /Supplement 0 >> def",
            f"/CMapName /{font_name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<00> <{len(subset) - 1:02X}>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _embeddable(name: str, file: bytes) -> TTFont:
    from reportlab.pdfbase import ttfonts

    class Embeddable(ttfonts.TTFont):  # type: ignore[misc]  # reportlab carries no types
        """A reportlab font whose text can be copied and searched beyond U+FFFF."""

        def addObjects(self, document: Any) -> None:  # noqa: N802 - reportlab's name
            original = ttfonts.makeToUnicodeCMap
            ttfonts.makeToUnicodeCMap = _to_unicode
            try:
                super().addObjects(document)
            finally:
                ttfonts.makeToUnicodeCMap = original

    return Embeddable(name, io.BytesIO(file), shapable=False)


@dataclass
class FontSet:
    """The fonts of one document: measures text first, then embeds exactly the characters that were measured.

    Attributes:
        used: Code points asked for so far, by donor name.
    """

    used: dict[str, set[int]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _embedded: bool = False

    def runs(self, text: str) -> list[tuple[Donor, str]]:
        """`text` cut into stretches of one font each. The text must be `printable`."""
        runs: list[tuple[Donor, str]] = []
        for character in text:
            donor = _donor_of(character)
            if donor is None:
                raise ValueError(f"no font has U+{ord(character):04X}: call printable() first")
            used = self.used.setdefault(donor.name, {0x20})
            if self._embedded and ord(character) not in used:
                raise ValueError(f"U+{ord(character):04X} was not measured before the fonts were embedded")
            used.add(ord(character))
            if runs and runs[-1][0] is donor:
                runs[-1] = (donor, runs[-1][1] + character)
            else:
                runs.append((donor, character))
        return runs

    def width(self, text: str, size: float) -> float:
        """Width of `text` in points at `size` points."""
        return size * sum(donor.advance(character) for donor, run in self.runs(text) for character in run)

    def embed(self) -> None:
        """Makes the fonts of all characters measured so far and registers them with reportlab."""
        from reportlab.pdfbase import pdfmetrics

        self._embedded = True
        for donor in donors():
            codes = sorted(self.used.get(donor.name, set()))
            if codes:
                # reportlab keeps one face for each PostScript name, for good: the name tells the characters apart.
                mark = hashlib.sha256(str(codes).encode()).hexdigest()[:8]
                name = f"{donor.name}-{mark}"
                self._names[donor.name] = name
                if name not in pdfmetrics.getRegisteredFontNames():
                    pdfmetrics.registerFont(_embeddable(name, _subset(donor, codes, name)))

    def forget(self) -> None:
        """Takes the document's fonts out of reportlab's registry, so that a long session does not gather them."""
        from reportlab.pdfbase import pdfmetrics

        for name in self._names.values():
            pdfmetrics._fonts.pop(name, None)
            pdfmetrics._dynFaceNames.pop(name, None)

    def registered(self, donor: Donor) -> str:
        """The name under which reportlab knows this document's font of `donor`; after `embed`."""
        return self._names[donor.name]
