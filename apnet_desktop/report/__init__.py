"""The report: what it says, then how it looks (PDF, HTML, DICOM). No Qt, no torch."""
