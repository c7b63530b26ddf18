"""The case store, journal, audit trail and de-identified export. No Qt, no torch."""
