"""Simulated patients: CT, masks, clinical record and outcome with a known optimum. No Qt, no torch."""
