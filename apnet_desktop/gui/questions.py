"""Asks for the files and regions that a person wants to open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from apnet_desktop.ct.roi_files import RoiCandidate
from apnet_desktop.language import Language, Message, text

__all__ = ["ask_consent", "ask_ct_file", "ask_ct_folder", "ask_folder_for_dicom", "ask_label", "ask_roi_file"]


def ask_ct_folder(parent: QWidget, language: Language) -> Path | None:
    """The CT folder that a person chose, None if they changed their mind."""
    chosen = QFileDialog.getExistingDirectory(parent, text("gui.choose_folder", language))
    return Path(chosen) if chosen else None


def ask_ct_file(parent: QWidget, language: Language) -> Path | None:
    """The CT file, ZIP or DICOMDIR that a person chose."""
    title, every = text("gui.choose_file", language), text("gui.all_files", language)
    chosen, _ = QFileDialog.getOpenFileName(parent, title, filter=every)
    return Path(chosen) if chosen else None


def ask_roi_file(parent: QWidget, language: Language) -> Path | None:
    """The ROI file that a person chose."""
    title, kinds = text("gui.choose_roi", language), text("gui.roi_files", language)
    chosen, _ = QFileDialog.getOpenFileName(parent, title, filter=kinds)
    return Path(chosen) if chosen else None


def ask_folder_for_dicom(parent: QWidget, language: Language) -> Path | None:
    """Where a person wants the DICOM objects of a report."""
    chosen = QFileDialog.getExistingDirectory(parent, text("gui.choose_dicom_folder", language))
    return Path(chosen) if chosen else None


def ask_consent(parent: QWidget, language: Language, why: Message) -> bool:
    """Whether a person takes a ROI that was drawn in another frame of reference; *No* unless they say so."""
    buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No
    question = f"{why.text(language)}\n\n{text('gui.roi_consent', language)}"
    answer = QMessageBox.question(parent, text("gui.choose_roi", language), question, buttons, buttons.No)
    return answer == QMessageBox.StandardButton.Yes


def ask_label(parent: QWidget, language: Language, candidates: tuple[RoiCandidate, ...]) -> int | None:
    """Which label of a ROI file is the pancreas; one whose name says so is proposed."""
    names = [f"{candidate.label}  {candidate.name}  ({candidate.volume:.1f} mL)" for candidate in candidates]
    suggested = next((number for number, one in enumerate(candidates) if one.suggested), 0)
    title, question = text("gui.choose_roi", language), text("gui.roi_which", language)
    chosen, accepted = QInputDialog.getItem(parent, title, question, names, suggested, False)
    return candidates[names.index(chosen)].label if accepted else None
