"""The manual in the window: its pages, and the window that shows them. Offline."""
