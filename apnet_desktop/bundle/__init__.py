"""The model bundle: manifest, files and hashes, and what a prediction says. No Qt, no torch."""
