"""The two applications of one recipe, and what each leaves out."""

from __future__ import annotations

import fnmatch
from enum import StrEnum

__all__ = ["LEFT_OUT_FILES", "Variant", "excluded_modules", "is_left_out", "left_out_distributions"]


class Variant(StrEnum):
    """Which application.

    CPU: for the clinic; the exported graph by OpenVINO, no torch, no training. CUDA: with torch, runs on an NVIDIA GPU
    or a CPU, and develops and validates bundles.
    """

    CPU = "cpu"
    CUDA = "cuda"


# The program never imports these; some dependency offers to.
_NEVER = (
    "IPython",
    "PyInstaller",
    "_pytest",
    "hypothesis",
    "mypy",
    "openvino_telemetry",
    "pytest",
    "readline",  # a GPL library of the system, for a prompt that there is not
    "setuptools",
    "tkinter",
    "triton",
    # The exported graph is read by openvino itself; these translate other formats.
    "openvino.frontend.jax",
    "openvino.frontend.onnx",
    "openvino.frontend.paddle",
    "openvino.frontend.tensorflow",
    "openvino.tools",
)
# What only training, the study and torch's own engine need.
_STUDY = (
    "apnet_desktop.model.graph_export",
    "apnet_desktop.model.network",
    "apnet_desktop.model.torch_engine",
    "apnet_desktop.study",
    "lifelines",
    "matplotlib",
    "openvino.frontend.pytorch",
    "pandas",
    "scipy.cluster",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.io",
    "scipy.odr",
    "scipy.signal",
    "scipy.stats",
    "sklearn",
    "statsmodels",
    "tensorboard",
    "timm",
    "torch",
    "torchvision",
)
# Distributions of pyproject.toml that are not inside, beside those that only they need.
_STUDY_DISTRIBUTIONS = (
    "lifelines",
    "matplotlib",
    "pandas",
    "scikit-learn",
    "statsmodels",
    "tensorboard",
    "timm",
    "torch",
    "torchvision",
)

LEFT_OUT_FILES = (
    # GPL-2 with the font exception; reportlab uses it in a test of its own only.
    "reportlab/fonts/DarkGarden*",
    # OpenVINO's other devices and formats: the program reads its own graph on the CPU.
    "openvino/libs/libopenvino_intel_gpu_plugin*",
    "openvino/libs/libopenvino_intel_npu_plugin*",
    "openvino/libs/libopenvino_auto*_plugin*",
    "openvino/libs/libopenvino_hetero_plugin*",
    "openvino/libs/libopenvino_gguf_frontend*",
    "openvino/libs/libopenvino_jax_frontend*",
    "openvino/libs/libopenvino_onnx_frontend*",
    "openvino/libs/libopenvino_paddle_frontend*",
    "openvino/libs/libopenvino_tensorflow*_frontend*",
    "openvino/libs/cache.json",
    "libopenvino_*_frontend*",
    # torch's dense algebra on a GPU, loaded at the first call of it: nothing here calls it. And a compiler of messages.
    "nvidia/*/lib/libcusolver*",
    "torch/lib/libtorch_cuda_linalg*",
    "torch/bin/protoc*",
    # Fonts that nothing is written in.
    "pylopdf_fonts_*/NotoSerif*",
    # Pictures that nothing here reads.
    "PIL/_avif*",
    "PIL/_webp*",
    "pillow.libs/libavif*",
    "pillow.libs/libwebp*",
    "libavif-*",
    "libwebp*",
    "libsharpyuv*",
    "pillow.libs/libsharpyuv*",
    # Qt: screens without a window system, desktop themes that bring GTK along, file formats that nothing here reads.
    "PySide6/Qt/plugins/platforms/libqeglfs*",
    "PySide6/Qt/plugins/platforms/libqlinuxfb*",
    "PySide6/Qt/plugins/platforms/libqminimalegl*",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay*",
    "PySide6/Qt/plugins/platforms/libqvnc*",
    "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/platformthemes/libqgtk3*",
    "PySide6/Qt/plugins/imageformats/libqpdf*",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard*",
    "PySide6/Qt/plugins/tls/*",
    "PySide6/Qt/plugins/networkinformation/*",
    "PySide6/Qt/lib/libQt6Pdf*",
    "PySide6/Qt/lib/libQt6Qml*",
    "PySide6/Qt/lib/libQt6Quick*",
    "PySide6/Qt/lib/libQt6VirtualKeyboard*",
    "PySide6/Qt/lib/libQt6EglF*",
    "libQt6EglF*",
    # Qt's words in the languages of the window; its dialogs' are in qtbase.
    "PySide6/Qt/translations/[!q]*",
    "PySide6/Qt/translations/qt_*",
    "PySide6/Qt/translations/qt[!b]*",
    "PySide6/Qt/translations/qtbase_[!z]*",
    "PySide6/Qt/translations/qtbase_zh_TW*",
)
"""Files that are not shipped, as patterns of their place in the application."""


def excluded_modules(variant: Variant) -> tuple[str, ...]:
    """Python modules that are not taken in."""
    return _NEVER if variant is Variant.CUDA else (*_NEVER, *_STUDY)


def left_out_distributions(variant: Variant) -> tuple[str, ...]:
    """Requirements of the project that the application does without."""
    # openvino-telemetry reports each import to a web service; hf-xet loads models from one. cuda-bindings is for graphs
    # and profiles of a GPU's work, which nothing here makes; nvidia-cusolver for algebra that nothing here calls.
    never = ("cuda-bindings", "cuda-pathfinder", "hf-xet", "nvidia-cusolver", "openvino-telemetry", "triton")
    return never if variant is Variant.CUDA else (*never, *_STUDY_DISTRIBUTIONS)


def is_left_out(name: str) -> bool:
    """True if the file at `name`, relative to the application's inner folder, is not shipped."""
    place = name.replace("\\", "/")
    return any(fnmatch.fnmatchcase(place, pattern) for pattern in LEFT_OUT_FILES)
