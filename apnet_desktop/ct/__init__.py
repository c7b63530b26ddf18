"""What a CT is: scan, read, check, ROI, exchange formats. No Qt, no torch."""
