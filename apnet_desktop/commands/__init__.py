"""The `apnet` commands: the window's twin. Each prints a person's text, or with --json a machine's."""
