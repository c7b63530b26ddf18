"""The form of the clinical factors, drawn from a factor schema, with the severity scores beside it."""

from apnet_desktop.gui.steps.clinical_form.form import ClinicalForm
from apnet_desktop.gui.steps.clinical_form.form_units import SiteUnits

__all__ = ["ClinicalForm", "SiteUnits"]
