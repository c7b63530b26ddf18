"""What the mouse does on a slice: one class a tool."""
