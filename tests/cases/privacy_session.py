"""One whole session on a CT full of canaries, in a process and a home of its own: `python -m ... HOME_FOLDER`.

Everything that this session leaves outside its store and its exports is searched afterwards. It also prints, as JSON,
each attempt to reach a network and each exception that it logged.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

CALLS: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Python's own audit events of the socket module; local sockets of the desktop are no network."""
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg") and not isinstance(
        arguments[1], str | bytes
    ):
        CALLS.append(f"{event} {arguments[1]}")
    if event.startswith(("socket.getaddrinfo", "socket.gethostby", "urllib", "http.client", "smtplib", "ftplib")):
        CALLS.append(event)


sys.addaudithook(_watch)

import numpy as np  # noqa: E402 - the watch begins before anything is imported

from apnet_desktop.cases.archive import export_case, import_case  # noqa: E402
from apnet_desktop.cases.assessment import SeriesReference  # noqa: E402
from apnet_desktop.cases.crash import CrashWatch  # noqa: E402
from apnet_desktop.cases.deidentify import deidentify_series  # noqa: E402
from apnet_desktop.cases.diagnostics import diagnostics  # noqa: E402
from apnet_desktop.cases.files import user_data_folder, user_log_folder  # noqa: E402
from apnet_desktop.cases.log import start_logging  # noqa: E402
from apnet_desktop.cases.open_case import OpenCase  # noqa: E402
from apnet_desktop.cases.settings import Settings, SettingsFile  # noqa: E402
from apnet_desktop.cases.store import CaseStore  # noqa: E402
from apnet_desktop.clinical.entry import parse_value  # noqa: E402
from apnet_desktop.clinical.record import ClinicalRecord  # noqa: E402
from apnet_desktop.clinical.schema import default_schema  # noqa: E402
from apnet_desktop.ct.read import read_series  # noqa: E402
from apnet_desktop.ct.roi import Roi  # noqa: E402
from apnet_desktop.ct.scan import scan  # noqa: E402
from apnet_desktop.errors import KnownError  # noqa: E402
from apnet_desktop.language import Language  # noqa: E402
from apnet_desktop.report.pdf import render_pdf  # noqa: E402
from tests.cases.dicom_files import write_ct  # noqa: E402
from tests.cases.samples import CANARY, prediction  # noqa: E402
from tests.report.factory import content  # noqa: E402

LOG = logging.getLogger("apnet_desktop.cases.session")


def _session(home: Path) -> None:
    start_logging()
    watch = CrashWatch()
    watch.start()
    SettingsFile().save(Settings(reviewer="Dr Reader"))
    source = write_ct(home / "asked-for" / "Zyxwv Qanary 1961")
    with CaseStore(person="Dr Reader") as store:
        series = scan(source).series[0]
        volume = read_series(series, lambda shape: np.empty(shape, dtype=np.int16))
        LOG.info("series read: %s of %s, %d slices", series.description, volume.identity, series.slice_count)
        case = OpenCase.new(store)
        case.set_series(SeriesReference.of(volume, source))
        mask = np.zeros(volume.geometry.shape, dtype=np.bool_)
        mask[3:8, 8:20, 6:25] = True
        case.set_roi(Roi(mask, volume.geometry, author="Dr Reader"))
        case.confirm_roi("Dr Reader")
        case.set_record(ClinicalRecord(values={"age": 64.0}, identity=CANARY))
        _trouble(home)
        case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r")))
        pdf = render_pdf(content(of=CANARY))
        case.add_report(pdf, person="Dr Reader", language=Language.ENGLISH)
        (home / "asked-for" / "report.pdf").write_bytes(pdf)
        export_case(store, case.case_id, home / "asked-for" / "export.zip", deidentify_series)
        import_case(store, home / "asked-for" / "export.zip")
        (home / "diagnostics.txt").write_text(diagnostics(store, SettingsFile().load()))
    try:
        raise KeyError(CANARY.name, CANARY.patient_id)  # noqa: TRY301
    except KeyError as error:
        watch.note(error)
    logging.shutdown()


def _trouble(home: Path) -> None:
    """What goes wrong in a day: each lands in the log."""
    try:
        scan(home / "asked-for" / "Zyxwv Qanary gone")
    except KnownError as error:
        LOG.warning(error)
        LOG.exception("refused: %s", error.message)
    try:
        parse_value(default_schema().factor("triglycerides"), "Zyxwv Qanary 7741")
    except KnownError as error:
        LOG.warning(error.message)
    try:
        raise ValueError(f"bad value of {CANARY.name} born {CANARY.birth_date}")  # noqa: TRY301
    except ValueError:
        LOG.exception("could not use %r of %s", CANARY, CANARY.patient_id)
    # Another library that filled its sentence in before it logs it (pynetdicom #911).
    logging.getLogger("somebody.else").warning(f"C-STORE of {CANARY.name} {CANARY.patient_id}")
    logging.getLogger("pydicom").error("Invalid value for VR PN: %r", CANARY.name)


if __name__ == "__main__":
    _session(Path(sys.argv[1]))
    sys.stdout.write(
        json.dumps(
            {
                "calls": CALLS,
                "data": str(user_data_folder()),
                "log": str(user_log_folder()),
                "temporary": tempfile.gettempdir(),
            }
        )
    )
