"""Who the patient of a CT is, as the files say or as a person typed."""

from __future__ import annotations

from datetime import date

from apnet_desktop.frozen import FrozenModel

__all__ = ["PatientIdentity"]


class PatientIdentity(FrozenModel):
    """Identity of one patient; empty text and None mean that the files do not say.

    Attributes:
        name: As shown to people: "Family Given", or the ideographic form where there is one (张三).
        patient_id: Hospital's patient ID, (0010,0020).
        birth_date: (0010,0030).
        sex: "M", "F", "O" or "" as in (0010,0040).
        dicom_name: (0010,0010) as the files carry it ("Zhang^San=张^三"), so that an archive files what is written for
            the CT under the same name; empty where no file says.
        entered_by_hand: True if a person typed it because the files carry none; the report says so.
    """

    name: str = ""
    patient_id: str = ""
    birth_date: date | None = None
    sex: str = ""
    dicom_name: str = ""
    entered_by_hand: bool = False

    def age_on(self, day: date | None) -> int | None:
        """Age in full years on a day; None if that or the birth date is not known, or the day comes first."""
        born = self.birth_date
        if born is None or day is None or day < born:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
