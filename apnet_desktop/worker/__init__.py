"""The reader and the inference process, and the clients that talk to them. No Qt."""
