"""Edits of the pancreas ROI, without any window: painting, interpolation, assisted outlining, undo."""
