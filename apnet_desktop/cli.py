"""The `apnet` command: each subcommand calls one function of `apnet_desktop.commands`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from apnet_desktop.commands.output import Output, command
from apnet_desktop.language import Language, text

__all__ = ["application", "main"]

application = typer.Typer(
    name="apnet",
    help="Recurrence risk after acute pancreatitis from CT and clinical factors. Not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
roi_commands = typer.Typer(help="ROI files.", no_args_is_help=True)
bundle_commands = typer.Typer(help="Model bundles.", no_args_is_help=True)
application.add_typer(roi_commands, name="roi")
application.add_typer(bundle_commands, name="bundle")
case_commands = typer.Typer(help="The case store.", no_args_is_help=True)
application.add_typer(case_commands, name="case")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the text.")]
Ct = Annotated[Path, typer.Argument(exists=True, help="CT folder, file, ZIP or DICOMDIR.")]
Series = Annotated[str | None, typer.Option(help="Series UID; without it the best series is taken.")]
Label = Annotated[int | None, typer.Option(help="Which label of the ROI file, if it holds several.")]
RoiFile = Annotated[Path, typer.Option("--roi", exists=True, help="Pancreas ROI: NIfTI, NRRD, DICOM SEG or RTSTRUCT.")]
Clinical = Annotated[Path, typer.Option(exists=True, help="Clinical record: JSON, CSV or FHIR.")]
PatientId = Annotated[str | None, typer.Option(help="Row of the clinical file, if it holds several patients.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Bundle = Annotated[Path | None, typer.Option("--bundle", help="Folder of a model bundle; default: the one that ships.")]
Time = Annotated[datetime | None, typer.Option(help="Time of the prediction (UTC); default: now.")]
Override = Annotated[list[str] | None, typer.Option(help="CHECK=REASON: go on in spite of a refused check.")]
BaseRate = Annotated[float | None, typer.Option(help="The site's own base rate, 0 to 1.")]
BaseRateSource = Annotated[str, typer.Option(help="Where the site's base rate comes from.")]
BaseRateDate = Annotated[str, typer.Option(help="When it was counted (YYYY-MM-DD).")]
BaseRatePatients = Annotated[int, typer.Option(help="Followed patients behind it; at least 100.")]


@application.command()
@command
def scan(path: Ct, as_json: AsJson = False, lang: Lang = Language.ENGLISH) -> None:
    """Lists the series in PATH: what each is, usable or why not."""
    from apnet_desktop.commands.scan import scan

    scan(path, Output(as_json, lang))


@application.command()
@command
def volume(
    path: Ct,
    out: Annotated[Path, typer.Option(help="NIfTI or NRRD file to write.")],
    series: Series = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Reads one series and writes it with its geometry."""
    from apnet_desktop.commands.volume import write_volume

    write_volume(path, series, out, Output(as_json, lang))


@roi_commands.command("convert")
@command
def roi_convert(
    source: Annotated[Path, typer.Argument(exists=True, help="ROI file.")],
    ct: Annotated[Path, typer.Option(exists=True, help="The CT that it belongs to.")],
    out: Annotated[Path, typer.Option(help="File to write: .nii.gz, .nrrd or .dcm.")],
    series: Series = None,
    label: Label = None,
    other_frame_of_reference: Annotated[
        bool, typer.Option(help="Take a file that lies in another frame of reference than the CT.")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Converts a ROI between formats, on the grid of its CT."""
    from apnet_desktop.commands.volume import convert_roi

    convert_roi(source, ct, out, series, label, other_frame_of_reference, Output(as_json, lang))


@application.command()
@command
def scores(
    record: Annotated[Path, typer.Option(exists=True, help="Clinical record: JSON, CSV or FHIR.")],
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Severity scores with each input's points."""
    from apnet_desktop.commands.scores import scores

    scores(record, Output(as_json, lang))


@application.command()
@command
def predict(
    ct: Ct,
    roi: RoiFile,
    clinical: Clinical,
    series: Series = None,
    label: Label = None,
    patient_id: PatientId = None,
    device: Device = "auto",
    bundle: Bundle = None,
    prediction_id: Annotated[str | None, typer.Option(help="Id of the prediction; default: random.")] = None,
    time: Time = None,
    override: Override = None,
    base_rate: BaseRate = None,
    base_rate_source: BaseRateSource = "",
    base_rate_date: BaseRateDate = "",
    base_rate_patients: BaseRatePatients = 0,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Predicts the recurrence risk of one patient."""
    from apnet_desktop.commands.options import site_base_rate, wishes
    from apnet_desktop.commands.predict import PatientFiles, predict

    site = site_base_rate(base_rate, base_rate_source, base_rate_date, base_rate_patients)
    chosen = wishes(bundle, device, prediction_id, time, site, override)
    predict(PatientFiles(ct, roi, clinical, series, label, patient_id), chosen, Output(as_json, lang))


@application.command()
@command
def report(
    ct: Ct,
    roi: RoiFile,
    clinical: Clinical,
    out: Annotated[Path, typer.Option(help="PDF to write; its JSON twin goes beside it.")],
    confirmed_by: Annotated[str, typer.Option(help="Who confirms that the ROI is the pancreas.")] = "",
    paper: Annotated[str, typer.Option(help="a4 or letter.")] = "a4",
    both_languages: Annotated[bool, typer.Option(help="English and Chinese on one report.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Also the page for screen readers, beside the PDF.")] = False,
    dicom: Annotated[Path | None, typer.Option(help="Folder for the report, ROI and measurements as DICOM.")] = None,
    series: Series = None,
    label: Label = None,
    patient_id: PatientId = None,
    device: Device = "auto",
    bundle: Bundle = None,
    prediction_id: Annotated[str | None, typer.Option(help="Id of the prediction; default: random.")] = None,
    report_id: Annotated[str | None, typer.Option(help="Id of the report; default: random.")] = None,
    time: Time = None,
    override: Override = None,
    base_rate: BaseRate = None,
    base_rate_source: BaseRateSource = "",
    base_rate_date: BaseRateDate = "",
    base_rate_patients: BaseRatePatients = 0,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Predicts, and writes the report."""
    from apnet_desktop.commands.options import report_languages, site_base_rate, wishes
    from apnet_desktop.commands.predict import PatientFiles, ReportOptions, report

    site = site_base_rate(base_rate, base_rate_source, base_rate_date, base_rate_patients)
    chosen = wishes(bundle, device, prediction_id, time, site, override)
    languages = report_languages(lang, both_languages)
    options = ReportOptions(out, languages, paper, confirmed_by, report_id, html=html, dicom=dicom)
    report(PatientFiles(ct, roi, clinical, series, label, patient_id), chosen, options, Output(as_json, lang))


@application.command("verify-report")
@command
def verify_report(
    what: Annotated[str, typer.Argument(help="PDF or JSON file, or the code printed under the QR.")],
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Checks a report against the store; also written `apnet report verify`."""
    from apnet_desktop.commands.verify_report import verify_report

    raise typer.Exit(0 if verify_report(what, Output(as_json, lang)) else 1)


@application.command()
@command
def demo(
    out: Annotated[Path | None, typer.Option(help="PDF to write, without a display.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window even where there is a display.")] = False,
    device: Device = "auto",
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Makes the simulated demo case and opens it; without a display writes its report and prints risk and path."""
    from apnet_desktop.commands.demo import demo_report, has_display

    if not headless and has_display():
        from apnet_desktop.gui.start import open_window

        raise typer.Exit(open_window(demo=True))
    demo_report(out, device, Output(as_json, lang))


@application.command()
@command
def doctor(
    device: Device = "auto", bundle: Bundle = None, as_json: AsJson = False, lang: Lang = Language.ENGLISH
) -> None:
    """Versions, fonts, device and the reason for it, store health."""
    from apnet_desktop.commands.doctor import doctor

    raise typer.Exit(0 if doctor(device, bundle, Output(as_json, lang)) else 1)


@application.command("self-test")
@command
def self_test(
    device: Device = "auto", bundle: Bundle = None, as_json: AsJson = False, lang: Lang = Language.ENGLISH
) -> None:
    """Tries every part on the demo case; also `apnet-desktop --self-test`."""
    from apnet_desktop.commands.self_test import self_test
    from apnet_desktop.gui.screen_test import try_screen

    raise typer.Exit(0 if self_test(device, bundle, Output(as_json, lang), try_screen) else 1)


@application.command("install-launcher")
@command
def install_launcher(
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Puts desktop entry and icon in this user's own folders."""
    from apnet_desktop.commands.launcher import install_launcher, remove_launcher

    (remove_launcher if remove else install_launcher)(Output(as_json, lang))


@bundle_commands.command("show")
@command
def bundle_show(
    folder: Annotated[Path | None, typer.Argument(help="Default: the bundle that ships.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """What a bundle is."""
    from apnet_desktop.commands.bundle import show

    show(folder, Output(as_json, lang))


@bundle_commands.command("verify")
@command
def bundle_verify(
    folder: Annotated[Path | None, typer.Argument(help="Default: the bundle that ships.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Checks every file and runs the golden values."""
    from apnet_desktop.commands.bundle import verify

    verify(folder, Output(as_json, lang))


@bundle_commands.command("prepare")
@command
def bundle_prepare(
    folder: Annotated[Path | None, typer.Argument(help="Default: the bundle that ships.")] = None,
    into: Annotated[Path | None, typer.Option(help="Folder of graphs; default: this installation's own.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Derives the graph that the CPU runs faster than torch; once for each bundle."""
    from apnet_desktop.commands.bundle import prepare

    prepare(folder, into, Output(as_json, lang))


@bundle_commands.command("distribution")
@command
def bundle_distribution(
    cts: Annotated[list[Path] | None, typer.Argument(help="CT folders; every series in them is tried.")] = None,
    folder: Bundle = None,
    simulated: Annotated[int, typer.Option(min=0, help="Fresh simulated patients.")] = 100,
    seed: Annotated[int, typer.Option(help="Theirs; not one that the bundle was made from.")] = 8700,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """How often images are flagged as unlike those of development: real CTs, and fresh simulated patients."""
    from apnet_desktop.commands.bundle import distribution

    distribution(folder, cts or [], simulated, seed, Output(as_json, lang))


@bundle_commands.command("precision")
@command
def bundle_precision(
    folder: Bundle = None,
    device: Device = "auto",
    simulated: Annotated[int, typer.Option(min=1, help="Fresh simulated patients.")] = 40,
    seed: Annotated[int, typer.Option(help="Theirs; not one that the bundle was made from.")] = 8701,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """What bfloat16 does to the risk: its largest shift, and whether a patient changes sides of the threshold."""
    from apnet_desktop.commands.bundle import precision

    precision(folder, device, simulated, seed, Output(as_json, lang))


@bundle_commands.command("pack")
@command
def bundle_pack(
    folder: Annotated[Path, typer.Argument(exists=True)],
    out: Annotated[Path, typer.Option(help="ZIP to write.")],
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Packs a bundle into a ZIP."""
    from apnet_desktop.commands.bundle import pack

    pack(folder, out, Output(as_json, lang))


@bundle_commands.command("install")
@command
def bundle_install(
    archive: Annotated[Path, typer.Argument(exists=True)],
    into: Annotated[Path | None, typer.Option(help="New folder; default: the user's bundles.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Installs a packed bundle."""
    from apnet_desktop.commands.bundle import install

    install(archive, into, Output(as_json, lang))


@case_commands.command("list")
@command
def case_list(
    search: Annotated[str, typer.Option(help="Words that name, ID, date or series must contain.")] = "",
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """All cases, newest first."""
    from apnet_desktop.commands.case import list_

    list_(search, Output(as_json, lang))


@case_commands.command("show")
@command
def case_show(
    case_id: Annotated[str, typer.Argument()], as_json: AsJson = False, lang: Lang = Language.ENGLISH
) -> None:
    """One case: what is done, the risk, the reports, the audit trail."""
    from apnet_desktop.commands.case import show

    show(case_id, Output(as_json, lang))


@case_commands.command("import")
@command
def case_import(
    path: Annotated[Path, typer.Argument(exists=True, help="LIST.csv (a case a row) or an exported case (ZIP).")],
    bundle: Bundle = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Makes a case of each row of a list, or takes in an exported case."""
    from apnet_desktop.commands.case import import_

    raise typer.Exit(0 if import_(path, bundle, Output(as_json, lang)) else 1)


@case_commands.command("export")
@command
def case_export(
    out: Annotated[Path, typer.Option(help="ZIP to write; with --cohort an empty or new folder.")],
    case_id: Annotated[str | None, typer.Argument(help="The case; leave it out with --cohort.")] = None,
    cohort: Annotated[bool, typer.Option("--cohort", help="The cohort, as train and evaluate take it.")] = False,
    bundle: Bundle = None,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Writes one case, or the cohort, without identity (DICOM PS3.15)."""
    from apnet_desktop.commands.case import export, export_cohort

    if cohort is (case_id is not None):
        raise typer.BadParameter(text("commands.export_what", lang))
    if case_id is None:
        raise typer.Exit(0 if export_cohort(out, bundle, Output(as_json, lang)) else 1)
    export(case_id, out, Output(as_json, lang))


@case_commands.command("verify")
@command
def case_verify(as_json: AsJson = False, lang: Lang = Language.ENGLISH) -> None:
    """Checks that the audit trail is complete."""
    from apnet_desktop.commands.case import verify

    raise typer.Exit(0 if verify(Output(as_json, lang)) else 1)


@application.command()
@command
def simulate(
    count: Annotated[int, typer.Argument(min=1, help="Patients.")],
    out: Annotated[Path, typer.Option(help="Folder of the cohort.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients.")],
    inputs: Annotated[bool, typer.Option("--inputs", help="Model inputs only: no DICOM (42 MB a patient).")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """A simulated cohort: DICOM, masks, clinical table, outcomes."""
    from apnet_desktop.commands.study import simulate

    simulate(count, out, seed, inputs, Output(as_json, lang))


@application.command()
@command
def train(
    cohort: Annotated[Path, typer.Argument(exists=True, help="Cohort folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    name: Annotated[str, typer.Option(help="Name of the bundle.")] = "site",
    device: Device = "auto",
    pretrained: Annotated[Path | None, typer.Option(help="Bundle with pre-trained backbones.")] = None,
    finetune: Annotated[
        bool, typer.Option("--finetune", help="Also tune the last stage of each backbone inside each fold (a row).")
    ] = False,
    all_rows: Annotated[bool, typer.Option("--all", help="Also every other system of the results table.")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """The paper's development on a cohort: clinical models, image models, APNet, cross-validation; writes a bundle."""
    from apnet_desktop.commands.study import train

    train(cohort, out, name, device, pretrained, finetune, all_rows, Output(as_json, lang))


@application.command()
@command
def evaluate(
    bundle: Annotated[Path, typer.Argument(exists=True, help="Bundle folder.")],
    cohort: Annotated[Path, typer.Argument(exists=True, help="Cohort folder.")],
    out: Annotated[Path, typer.Option(help="Folder for table, figures and report.")],
    device: Device = "auto",
    as_json: AsJson = False,
    lang: Lang = Language.ENGLISH,
) -> None:
    """The independent validation: table, figures, report."""
    from apnet_desktop.commands.study import evaluate

    evaluate(bundle, cohort, out, device, Output(as_json, lang))


def main() -> None:
    """Runs the command line."""
    words = sys.argv[1:]
    if words[:2] == ["report", "verify"]:
        # `report` takes a CT as its first word, so its one subcommand is told apart here.
        words[:2] = ["verify-report"]
    application(args=words)
