"""`apnet case list|show|import|export|verify`: the case store without the window."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.cases import cohort
from apnet_desktop.cases.archive import export_case, import_case
from apnet_desktop.cases.deidentify import DeidentifiedSeries
from apnet_desktop.cases.import_list import import_list
from apnet_desktop.cases.listing import CaseQuery
from apnet_desktop.cases.steps import step_states
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.commands.headless import bundle_folder
from apnet_desktop.commands.output import Output
from apnet_desktop.language import text
from apnet_desktop.worker.export import ExportClient

__all__ = ["export", "export_cohort", "import_", "list_", "show", "verify"]


def list_(search: str, output: Output) -> None:
    """Lists the cases that contain all words of `search`.

    Raises:
        CaseError: The store cannot be read.
    """
    with CaseStore(read_only=True) as store:
        cases = store.list_cases(CaseQuery(text=search))
    output.value({"cases": [case.model_dump(mode="json") for case in cases]})
    for case in cases:
        day = case.study_date.isoformat() if case.study_date else "–"
        output.raw(f"{case.case_id}  {day}  {case.patient_id or '–'}  {case.name or '–'}")


def show(case_id: str, output: Output) -> None:
    """Shows one case: what is done, the risk, the reports.

    Raises:
        CaseError: There is no such case.
    """
    with CaseStore(read_only=True) as store:
        assessment = store.load(case_id)
        trail = store.audit.entries(case_id)
    states = step_states(assessment)
    prediction = assessment.prediction
    output.value(
        {
            "case_id": case_id,
            "series": assessment.series.model_dump(mode="json") if assessment.series else None,
            "record": assessment.record.model_dump(mode="json"),
            "prediction": prediction.model_dump(mode="json") if prediction else None,
            "reports": [report.model_dump(mode="json") for report in assessment.reports],
            "steps": [status.model_dump(mode="json") for status in states],
            "audit": [entry.model_dump(mode="json") for entry in trail],
        }
    )
    for status in states:
        output.raw(f"{status.step.value:<10} {status.state.value:<10} {status.message.text(output.language)}")
    for report in assessment.reports:
        output.raw(f"report {report.version}  {report.time.isoformat()}  {report.sha256}")


def import_(path: Path, bundle: Path | None, output: Output) -> bool:
    """Imports a list of patients (a case each) or one exported case; True if nothing was refused.

    Raises:
        CaseError: The file cannot be read.
    """
    with CaseStore() as store:
        if path.suffix.lower() == ".zip":
            case_id = import_case(store, path)
            output.value({"case_ids": [case_id], "refused": []})
            output.line("commands.cases_imported", count=1)
            return True
        schema = open_bundle(bundle_folder(bundle)).manifest.factors
        imported = import_list(store, path, schema)
    output.value(imported.model_dump(mode="json"))
    output.line("commands.cases_imported", count=len(imported.case_ids))
    for row in imported.refused:
        output.raw(f"  {row.row}  {row.column}  {row.message.text(output.language)}")
    return not imported.refused


def export(case_id: str, out: Path, output: Output) -> None:
    """Writes a case without identity as a ZIP: CT, ROI, record, prediction.

    The CT is read in a process of its own, as in the window.

    Raises:
        CaseError: There is no such case, it has no CT, or the ZIP cannot be written.
        CtError: The CT cannot be read.
    """
    client = ExportClient()
    try:
        with CaseStore() as store:
            done = export_case(store, case_id, out, client.deidentify)
    finally:
        client.close()
    output.value(done.model_dump(mode="json"))
    output.line("commands.case_exported", file=str(out), pseudonym=done.pseudonym)
    for warning in done.warnings:
        output.raw(f"  {warning.text(output.language)}")


def export_cohort(out: Path, bundle: Path | None, output: Output) -> bool:
    """Writes the cohort of the store as training and evaluation take it; True if nobody was left out.

    Raises:
        CaseError: The folder is not empty or cannot be written, or a case is damaged; nothing stays in the folder.
    """
    client = ExportClient()
    patients = 0

    def deidentify(uid: str, source: Path, folder: Path, secret: str, name: str) -> DeidentifiedSeries:
        nonlocal patients
        patients += 1
        output.progress(text("commands.stage_export", output.language, patients=patients), None)
        return client.deidentify(uid, source, folder, secret, name)

    try:
        schema = open_bundle(bundle_folder(bundle)).manifest.factors
        with CaseStore() as store:
            done = cohort.export_cohort(store, out, schema, deidentify)
    finally:
        client.close()
    output.progress("", 1.0)
    output.value(done.model_dump(mode="json"))
    output.line("commands.cohort_exported", folder=str(out), patients=done.patients, missing=len(done.missing))
    for one in (*done.warnings, *done.missing):
        output.raw(f"  {one.patient}  {one.message.text(output.language)}")
    for pair in done.agreement:
        output.raw(f"  {pair.patient}  {pair.first} / {pair.second}  Dice {pair.dice:.3f}")
    return not done.missing


def verify(output: Output) -> bool:
    """Checks the audit trail of the store; True if nothing was changed, taken away or moved.

    Raises:
        CaseError: The store cannot be read.
    """
    with CaseStore(read_only=True) as store:
        found = store.audit.verify()
        count = store.count_cases()
        folder = store.folder
    output.value(found.model_dump(mode="json") | {"passed": found.passed, "cases": count})
    id = "commands.store_good" if found.passed else "commands.store_bad"
    output.line(id, folder=str(folder), count=count)
    for fault in found.faults:
        output.raw(f"  {fault.number}  {fault.message.text(output.language)}")
    return found.passed
