"""The one catalogue of sentences for window, command line, checks, errors and report, in English and Chinese."""

from apnet_desktop.language.message import Language, Message, text

__all__ = ["Language", "Message", "text"]
