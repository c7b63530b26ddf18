"""Builds the installable application: PyInstaller folder, archive, Debian package, list of what is inside."""
