"""`apnet.safetensors`: which tensor is what. No torch.

network.<name>                       backbones and projections (`network.ApnetNetwork`), float16 and float32
reader.<field of Reader>             float32
clinical.{centre,spread,skewed}      `ClinicalEncoding`, float32
heads.<route>.<fold>.<field of Head> float32; routes `image` and `fused`; `intercept` has one element
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model.clinical_columns import ClinicalEncoding, columns_of
from apnet_desktop.model.head import Head
from apnet_desktop.model.reader import Reader

__all__ = ["WEIGHTS_NAME", "Weights", "pack_weights", "read_weights"]

WEIGHTS_NAME = "apnet.safetensors"


@dataclass(frozen=True)
class Weights:
    """Everything that was learnt for the image and fused routes.

    Attributes:
        network: Tensors of the network by name.
        reader: The reader.
        encoding: The clinical encoding.
        image: Image heads, one for each fold.
        fused: Fused heads, one for each fold.
    """

    network: dict[str, NDArray[np.generic]]
    reader: Reader
    encoding: ClinicalEncoding
    image: tuple[Head, ...]
    fused: tuple[Head, ...]

    def heads(self, route: Route) -> tuple[Head, ...]:
        """The heads of the image or the fused route."""
        return self.fused if route is Route.FUSED else self.image


def pack_weights(weights: Weights) -> bytes:
    """The bytes of `apnet.safetensors`."""
    from safetensors.numpy import save

    arrays: dict[str, NDArray[np.generic]] = {f"network.{name}": array for name, array in weights.network.items()}
    for field in fields(Reader):
        arrays[f"reader.{field.name}"] = np.asarray(getattr(weights.reader, field.name), dtype=np.float32)
    for name in ("centre", "spread", "skewed"):
        arrays[f"clinical.{name}"] = np.asarray(getattr(weights.encoding, name), dtype=np.float32)
    for route in (Route.IMAGE, Route.FUSED):
        for fold, head in enumerate(weights.heads(route)):
            for field in fields(Head):
                value = np.atleast_1d(np.asarray(getattr(head, field.name), dtype=np.float32))
                arrays[f"heads.{route.value}.{fold}.{field.name}"] = value
    # safetensors stores the buffer as it lies: a transposed array would come back scrambled.
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def read_weights(bundle: Bundle) -> Weights:
    """The weights of a bundle.

    Raises:
        BundleError: The file is damaged, or a tensor is missing or not finite.
    """
    return unpack_weights(bundle.read(WEIGHTS_NAME), bundle.manifest.factors, bundle.manifest.fusion.folds)


def unpack_weights(content: bytes, schema: FactorSchema, folds: int) -> Weights:
    """The weights in the bytes of `apnet.safetensors`.

    Raises:
        BundleError: The bytes are damaged, or a tensor is missing, not finite or of a wrong shape.
        MemoryError: There is too little memory for them.
    """
    from safetensors import SafetensorError

    damaged = BundleError(Message.of("bundle.damaged_content", file=WEIGHTS_NAME))
    try:
        arrays = _loaded(content)
        if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
            raise damaged
        reader = Reader(**{field.name: _float(arrays[f"reader.{field.name}"]) for field in fields(Reader)})
        centre, spread, skewed = (_float(arrays[f"clinical.{name}"]) for name in ("centre", "spread", "skewed"))
        if not len(centre) == len(spread) == len(skewed) == len(columns_of(schema)):
            raise damaged
        encoding = ClinicalEncoding(schema, centre, spread, skewed)
        heads = {
            route: tuple(_head(arrays, route, fold) for fold in range(folds)) for route in (Route.IMAGE, Route.FUSED)
        }
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise damaged from error
    network = {name.removeprefix("network."): array for name, array in arrays.items() if name.startswith("network.")}
    return Weights(network, reader, encoding, heads[Route.IMAGE], heads[Route.FUSED])


def _loaded(content: bytes) -> dict[str, NDArray[np.generic]]:
    from safetensors.numpy import load

    try:
        arrays: dict[str, NDArray[np.generic]] = load(content)
    except BaseException as error:
        # Where memory ends, the library's Rust part panics, with an exception that is no `Exception`.
        if type(error).__name__ == "PanicException":
            raise MemoryError from error
        raise
    return arrays


def _head(arrays: dict[str, NDArray[np.generic]], route: Route, fold: int) -> Head:
    parts = {field.name: _float(arrays[f"heads.{route.value}.{fold}.{field.name}"]) for field in fields(Head)}
    return Head(
        float(parts["intercept"][0]),
        parts["image"],
        parts["clinical"],
        parts["embedding"],
        parts["gate"],
        parts["interaction"],
        parts["prior"],
    )


def _float(array: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.asarray(array, dtype=np.float64)
