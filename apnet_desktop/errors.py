"""The error tree: what the world can do to us, kept apart from our own bugs.

    ApnetError
    ├── KnownError            the world: a sentence for the person, naming file or field and remedy (exit code 1)
    │   ├── CtError           a CT folder, file or series that cannot be used
    │   ├── RoiError          a region of interest that cannot be used
    │   ├── ClinicalError     a value, record or unit that cannot be used
    │   ├── BundleError       a model bundle that is damaged, unknown or not allowed here
    │   ├── PredictionError   an input that the model refuses
    │   ├── CaseError         a case store, case or settings file that cannot be used
    │   ├── ReportError       a report that cannot be written or does not verify
    │   ├── StudyError        a cohort or training run that cannot be used
    │   └── ProcessError      the reader or worker process ended, ran out of memory or of time
    └── Stopped               the person pressed Stop; nothing is wrong

Every other exception is a bug: it goes to the log and becomes a crash note, never a traceback on a screen (exit code
3).
"""

from __future__ import annotations

from apnet_desktop.language import Message

__all__ = [
    "ApnetError",
    "BundleError",
    "CaseError",
    "ClinicalError",
    "CtError",
    "KnownError",
    "PredictionError",
    "ProcessError",
    "ReportError",
    "RoiError",
    "Stopped",
    "StudyError",
]


class ApnetError(Exception):
    """Root of every exception that this application raises on purpose."""


class KnownError(ApnetError):
    """Something outside the program that a person can understand and remedy.

    Args:
        message: The sentence for the person. It names the file or the field, and what to do. It may name a
            patient's file, so it is shown but not logged; logs carry `message.id` only.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        """The English sentence."""
        return self.message.text()


class CtError(KnownError):
    """A CT folder, file or series cannot be used."""


class RoiError(KnownError):
    """A region of interest cannot be used."""


class ClinicalError(KnownError):
    """A clinical value, record, unit or file cannot be used."""


class BundleError(KnownError):
    """A model bundle is damaged, unknown or not allowed here."""


class PredictionError(KnownError):
    """The model refuses an input."""


class CaseError(KnownError):
    """A case store, a case or a settings file cannot be used."""


class ReportError(KnownError):
    """A report cannot be written, or does not verify."""


class StudyError(KnownError):
    """A cohort or a training run cannot be used."""


class ProcessError(KnownError):
    """The reader or the worker process ended, ran out of memory or ran out of time."""


class Stopped(ApnetError):  # noqa: N818 - not an error
    """A person stopped the job. Nothing is wrong and nothing is reported."""
