"""Factors, units, records and severity scores. No Qt, no torch."""
