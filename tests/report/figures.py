"""What a report owes its reader: every figure of the JSON twin as it must be printed, and fixed sentences."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

from apnet_desktop.language import Language
from apnet_desktop.report.content import Review, ReviewDecision
from tests.report.factory import TIME

LANGUAGES = list(Language)
DEMONSTRATION = {
    Language.ENGLISH: "Demonstration model: trained on simulated patients. Not for clinical use.",
    Language.CHINESE: "演示模型：用模拟患者训练。不得用于临床。",
}
REVIEW = Review(
    person="Dr Amara Okafor",
    role="Gastroenterologist",
    time=TIME,
    decision=ReviewDecision.COMMENTED,
    comment="Fits the course.",
)

HOSTILE = (
    '<img src="/etc/passwd"/>',
    '<img src="http://127.0.0.1:9/x.png"/>',
    '<a href="javascript:alert(1)">click</a>',
    "</para><b>bold",
    "Doe<Jane & Söhne; (brackets) \\ backslash",
    "{braces} {0} {name!r} %s %(x)s",
    "a" * 500,
    "长" * 500,
    "word " * 4000,
    "abc\u202egpj.exe\u202c",
    "tab\tnew\nline\x00\x07\x1b[31m",
    "=HYPERLINK(1)",
    "e\u0301\u0323 \U0001f600 \ud7b0 \ufffe",
)


def percent(probability: float, language: Language) -> str:
    """Independent of the package: whole percent, halves up, never 0 or 100."""
    if probability < 0.01:
        return "below 1%" if language is Language.ENGLISH else "低于 1%"
    if probability > 0.99:
        return "above 99%" if language is Language.ENGLISH else "高于 99%"
    return f"{int(probability * 100 + 0.5)}%"


def signed(value: float) -> str:
    if f"{abs(value):.2f}" == "0.00":
        return "0.00"
    return f"{'+' if value > 0 else '−'}{abs(value):.2f}"


def _shift(base: dict[str, Any]) -> float:
    """Of the logit by the site's own base rate."""
    if base["site"] is None:
        return 0.0
    return math.log(base["site"] / (1 - base["site"])) - math.log(base["development"] / (1 - base["development"]))


def _reached(said: dict[str, Any], language: Language) -> list[str]:
    """The risk after each share: development average, with clinical factors, with the CT."""
    shares, logit, found = said["prediction"]["shares"], 0.0, []
    for name in ("baseline", "clinical", "image"):
        logit += shares[name]
        found.append(percent(1 / (1 + math.exp(-logit)), language))
    return found


def _left_open(said: dict[str, Any], language: Language) -> list[str]:
    """The range that the usual values of each unknown factor leave open."""
    asked = {factor["id"] for factor in said["factors"]["factors"]}
    unknown = {id for id in asked if said["record"]["values"].get(id) is None}
    rows = [each for each in said["prediction"]["unknowns"] if each["factor_id"] in unknown]
    return [percent(each[end], language) for each in rows for end in ("lower", "upper")]


def figures(twin: dict[str, object], language: Language) -> list[str]:
    """Every figure that the page owes its reader, from the twin alone."""
    said = json.loads(json.dumps(twin))
    key = language.value
    figures = [
        said["identity"]["patient_id"],
        said["series"]["accession_number"],
        said["report_id"],
        said["case_id"],
        said["prediction"]["provenance"]["prediction_id"],
        said["prediction"]["provenance"]["bundle_sha256"],
        said["roi"]["digest"],
        said["series"]["series_uid"],
        f"{said['roi']['volume']:.1f} mL",
        f"{said['roi']['mean_hounsfield']:.0f} HU".replace("-", "−"),
        str(said["manifest"]["cohort"]["patients"]),
        str(said["manifest"]["cohort"]["events"]),
        percent(said["prediction"]["base_rate"]["development"], language),
        said["manifest"]["outcome"]["definition"][key],
        said["manifest"]["name"],
        said["manifest"]["version"],
    ]
    for route in said["prediction"]["routes"]:
        figures += [percent(route[end], language) for end in ("risk", "lower", "upper")]
    shares = said["prediction"]["shares"]
    figures += [signed(shares[name]) for name in ("baseline", "clinical", "image")]
    figures.append(signed(sum(shares.values()) + _shift(said["prediction"]["base_rate"])))
    for each in said["prediction"]["contributions"][:10]:
        figures += [signed(each["log_odds"]), signed(each["fused_log_odds"])]
    figures += [*_left_open(said, language), *(said["dates"][name] or "" for name in ("moment", "horizon_start"))]
    for factor in said["factors"]["factors"]:
        figures.append(factor["label"][key])
        value = said["record"]["values"].get(factor["id"])
        if isinstance(value, int | float) and not isinstance(value, bool):
            figures.append(f"{value:.{factor['decimals']}f}".replace("-", "−"))
    for figure in said["validation"]["figures"]:
        for end in ("value", "lower", "upper"):
            shown = f"{figure[end] * 100:.0f}%" if figure["percent"] else f"{figure[end]:.{figure['decimals']}f}"
            figures.append(shown)
    if said["review"] is not None:
        figures.append(said["review"]["comment"])
        # pypdf gives right-to-left names in the order in which they are drawn; they have a test of their own.
        if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in said["review"]["person"]):
            figures.append(said["review"]["person"])
    if said["is_finding"]:
        count = min(99, max(1, int(said["prediction"]["routes"][0]["risk"] * 100 + 0.5)))
        figures += [
            *_reached(said, language),
            str(count),
            str(100 - count),
            percent(said["manifest"]["threshold"]["risk"], language),
        ]
    return figures
