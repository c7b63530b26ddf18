"""Prints the demo case's risks by torch on the CPU in float32, as JSON; a program of its own, run by `staging`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Precision
from apnet_desktop.commands.headless import Headless
from apnet_desktop.commands.self_test_parts import demo_inputs, demo_request
from apnet_desktop.errors import ProcessError
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.predict import predict

__all__ = ["expected", "main"]

_TRIES = 3


def expected(folder: Path, bundle_folder: Path) -> dict[str, object]:
    """The risks by route at the development cohort's base rate, and the bundle that gave them.

    Args:
        folder: Where the demo case is made.
        bundle_folder: The bundle.
    """
    bundle = open_bundle(bundle_folder)
    torch_alone = {"engine": "torch", "precision": Precision.FLOAT32}
    compute = cpu_compute(Message.of("model.device_cpu_asked")).model_copy(update=torch_alone)
    with Headless() as headless:
        ct, roi, record = demo_inputs(headless, folder, bundle)
        volume = headless.reader.open_volume(ct.shared)
        prediction = predict(volume, roi, record, bundle, compute, demo_request())
    return {
        "bundle_sha256": bundle.sha256,
        "engine": compute.engine,
        "risks": {one.route.value: round(one.unshifted, 9) for one in prediction.routes},
    }


def main(folder: Path, bundle_folder: Path) -> None:
    """Prints them. On a machine so busy that a process counts as hung, it is tried again."""
    for left in reversed(range(_TRIES)):
        try:
            sys.stdout.write(json.dumps(expected(folder, bundle_folder)))
        except ProcessError:
            if not left:
                raise
        else:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
