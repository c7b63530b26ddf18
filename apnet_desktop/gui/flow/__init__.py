"""The way of one case through the window, without widgets: files in, ROI, record, risk, report."""
