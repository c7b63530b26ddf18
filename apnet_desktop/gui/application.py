"""Starts and ends the desktop application: theme, fonts, log, crash notes, store, window."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox

from apnet_desktop.cases.crash import CrashNote, CrashWatch
from apnet_desktop.cases.log import start_logging
from apnet_desktop.cases.places import find_places
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError, KnownError
from apnet_desktop.gui.fonts import add_screen_fonts
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.notice import NoticeKind
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.settings_privacy import forget_file_dialogs
from apnet_desktop.gui.single_instance.meeting_point import MeetingPoint, meeting_point
from apnet_desktop.gui.theme import apply_theme
from apnet_desktop.language import Language, Message, text
from apnet_desktop.locations import resources_folder

__all__ = ["run"]


def run(path: Path | None = None, *, demo: bool = False, store_folder: Path | None = None) -> int:
    """Opens the window and stays until it is closed.

    Where a window of this person is open on the same store, it gets the path instead.

    Args:
        path: Folder, file, ZIP, DICOMDIR or exported case to open.
        demo: True to open the simulated demo case.
        store_folder: Where the cases lie; the user's data folder if None.

    Returns:
        Exit code: 0 in good order, 1 if the case store cannot be used, 3 after an internal fault.
    """
    # Whatever Qt or a library writes beside our own files is for this account only, too.
    os.umask(0o077)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)  # noqa: S101 - narrows the type
    application.setApplicationName("apnet-desktop")
    application.setApplicationDisplayName("APNet Desktop")
    application.setDesktopFileName("apnet-desktop")
    application.setWindowIcon(QIcon(str(resources_folder() / "icons" / "apnet.svg")))
    point = meeting_point(store_folder)
    try:
        places = find_places(store_folder)
        log_file = start_logging(places.log)
        watch = CrashWatch(log_file.parent)
        settings_file = SettingsFile(places.settings)
        settings, settings_error = _settings(settings_file)
        store = _open_store(places.store, settings)
        store.lifecycle.purge_due(settings.grace_days)
    except CaseError as error:
        message = error.message
        if message.id == "cases.in_use":
            if _handed_over(point, path):
                return 0
            if point.may_be_open():
                message = Message.of("gui.open_elsewhere")
        _tell(message, Language.ENGLISH)
        return 1
    forget_file_dialogs(application, store.folder / "partial")
    apply_theme(application, settings.theme.value)
    if settings.language is Language.CHINESE:
        add_screen_fonts(settings.language)
    _translate_qt(application, settings.language)
    services = Services.start(store, settings_file, settings, log_file.parent)
    window = MainWindow(services)
    watch.start(lambda note: _crashed(note, settings.language))
    window.show()
    if watch.last is not None:
        window.notice.say(Message.of("gui.crashed"), NoticeKind.INFORMATION)
    if settings_error is not None:
        window.notice.say(settings_error)
    if settings.language is not Language.CHINESE:
        # A Chinese name may come, but asking the system for its fonts takes time that the first paint need not wait.
        QTimer.singleShot(0, window, lambda: add_screen_fonts(settings.language))
    # The first paint goes before the processes start.
    QTimer.singleShot(0, window, lambda: window.start(path, demo=demo))
    QTimer.singleShot(0, window, lambda: _meet_later_starts(application, window, point))
    if places.refused is not None:
        folder = str(places.refused)
        window.setWindowTitle(text("gui.temporary_title", settings.language))
        QTimer.singleShot(0, window, lambda: window.notice.say(Message.of("gui.temporary_store", folder=folder)))
    code = application.exec()
    watch.stop()
    places.remove_temporary()
    return code


def _meet_later_starts(application: QApplication, window: MainWindow, point: MeetingPoint) -> None:
    """Listens for later starts; its code is loaded after the first paint."""
    from apnet_desktop.gui.single_instance.latecomers import Latecomers
    from apnet_desktop.gui.single_instance.opened_files import OpenedFiles
    from apnet_desktop.gui.single_instance.server import InstanceServer

    latecomers = Latecomers(window, window.open_path)
    server = InstanceServer(point, window)
    server.received.connect(latecomers.take)
    server.listen()
    opened = OpenedFiles(window)
    opened.received.connect(latecomers.take)
    application.installEventFilter(opened)


def _handed_over(point: MeetingPoint, path: Path | None) -> bool:
    """True if the window that holds the store has taken the path: two starts that met at the same moment."""
    from apnet_desktop.gui.single_instance.client import hand_over_patiently

    return hand_over_patiently(point, path)


def _open_store(folder: Path, settings: Settings) -> CaseStore:
    """The store; where it is damaged, once a person has put a back-up in its place.

    Raises:
        CaseError: It cannot be used.
    """
    try:
        return CaseStore(folder, person=settings.reviewer)
    except CaseError as error:
        if error.message.id != "cases.damaged":
            raise
        from apnet_desktop.gui.worklist_restore import RestoreDialog

        dialog = RestoreDialog(folder, error.message, settings.language)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            raise
    return CaseStore(folder, person=settings.reviewer)


def _settings(settings_file: SettingsFile) -> tuple[Settings, Message | None]:
    """The settings, or the defaults and the reason why they had to be taken."""
    try:
        return settings_file.load(), None
    except KnownError as error:
        return Settings(), error.message


def _translate_qt(application: QApplication, language: Language) -> None:
    """Qt's own words (buttons of dialogs) come from Qt's own files."""
    if language is Language.CHINESE:
        QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
        translator = QTranslator(application)
        if translator.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            application.installTranslator(translator)


def _tell(message: Message, language: Language) -> None:
    QMessageBox.critical(None, text("gui.title", language), message.text(language))


def _crashed(note: CrashNote, language: Language) -> None:
    """An exception that nobody caught: everything finished is in the store, so say it and end."""
    _tell(Message.of("gui.fault", name=note.text.partition(":")[0]), language)
    QApplication.exit(3)
