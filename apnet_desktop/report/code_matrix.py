"""The QR of a report: case id and hash of the JSON twin; no identity."""

from __future__ import annotations

from apnet_desktop.report.blocks import Drawing
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.json_twin import twin_digest
from apnet_desktop.report.pen import Pen
from apnet_desktop.report.typesetting import BLACK, WHITE

__all__ = ["code_matrix", "code_payload"]


def code_payload(content: ReportContent) -> str:
    """What the QR says: `APNET-REPORT:1:<case id>:<report id>:<SHA-256 of the twin>`."""
    return f"APNET-REPORT:1:{content.case_id}:{content.report_id}:{twin_digest(content)}"


def code_matrix(content: ReportContent, side: float) -> Drawing:
    """The QR as squares, with its quiet zone; `side` points wide and high."""
    import segno

    rows = [
        list(row)
        for row in segno.make(code_payload(content), error="m", micro=False, boost_error=False).matrix_iter(border=4)
    ]
    module = side / len(rows)

    def paint(pen: Pen, x: float, top: float) -> None:
        pen.rectangle(x, top, side, side, fill=WHITE)
        for number, row in enumerate(rows):
            start = None
            for column, dark in enumerate([*row, 0]):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    pen.rectangle(
                        x + start * module, top + number * module, (column - start) * module, module + 0.05, fill=BLACK
                    )
                    start = None

    return Drawing(side, paint)
