"""What goes into the last stage of each backbone, and how a patient's tokens follow from what comes out, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.errors import StudyError
from apnet_desktop.language import Message
from apnet_desktop.model.features import Features
from apnet_desktop.model.inputs import REGIONS, ModelInputs
from apnet_desktop.model.network import ApnetNetwork, build_network, load_network, pool_maps
from apnet_desktop.model.reader import Reader

__all__ = ["DeepReading", "StageMaps", "last_stage"]

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]
# The reader cuts standardised features here, and the slices' soft maximum weighs by exp(2 x): see reader and features.
_LARGEST, _SHARPNESS = 8.0, 2.0


def last_stage(backbone: nn.Module, depth: int, name: str) -> nn.Module:
    """The deepest stage that the network looks at: a ResNet's layer, a transformer's block.

    Raises:
        StudyError: The backbone is neither.
    """
    blocks = getattr(backbone, "blocks", None)
    if isinstance(blocks, nn.Sequential | nn.ModuleList) and hasattr(backbone, "patch_embed"):
        return blocks[depth]
    stage = getattr(backbone, f"layer{depth}", None)
    if not isinstance(stage, nn.Module):
        raise StudyError(Message.of("study.finetune_backbone", name=name))
    return stage


class StageMaps:
    """What goes into the last stages, for each patient, computed once and kept as float16.

    Args:
        tensors: The network's.
        manifest: Backbones and recipe.
        folder: Where the maps are kept.
        device: `cpu` or `cuda`.
    """

    def __init__(self, tensors: Arrays, manifest: Manifest, folder: Path, device: str) -> None:
        self.device = torch.device(device)
        network = build_network(manifest.ct, manifest.backbones, manifest.fusion)
        self.network: ApnetNetwork = load_network(network, tensors).to(self.device)
        self.stages = [
            last_stage(module, max(backbone.depths), backbone.timm_name)
            for module, backbone in zip(self.network.backbones, manifest.backbones, strict=True)
        ]
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, inputs: ModelInputs) -> Path:
        """File of one patient's maps."""
        return self._folder / f"{inputs.digest()[:32]}.safetensors"

    def prepare(self, inputs: ModelInputs, batch: int = 8) -> None:
        """Computes one patient's maps if they are not there: (views · slices, ...) for each backbone."""
        if self.path(inputs).exists():
            return
        caught: list[list[Tensor]] = [[] for _ in self.stages]
        hooks = [
            stage.register_forward_pre_hook(lambda _module, given, place=place: caught[place].append(given[0]))
            for place, stage in enumerate(self.stages)
        ]
        images = torch.from_numpy(inputs.images).flatten(0, 1)
        try:
            with torch.no_grad():
                for start in range(0, len(images), batch):
                    self.network.backbone_maps(images[start : start + batch].to(self.device))
        finally:
            for hook in hooks:
                hook.remove()
        kept = {f"stage{n}": torch.cat(parts).half().cpu().contiguous() for n, parts in enumerate(caught)}
        partial = self.path(inputs).with_suffix(".partial")
        save_file(kept, partial)
        partial.replace(self.path(inputs))

    def deepest_maps(self, inputs: ModelInputs) -> list[Tensor]:
        """The last stages' output for one patient, (views · slices, channels, y, x) a backbone; with gradients."""
        kept = load_file(self.path(inputs))
        maps = []
        for n, (stage, backbone) in enumerate(zip(self.stages, self.network.backbones, strict=True)):
            out = stage(kept[f"stage{n}"].to(self.device).float())
            if out.ndim == 3:
                height, width = cast("Any", backbone).patch_embed.grid_size
                tokens = out[:, out.shape[1] - height * width :]
                out = tokens.transpose(1, 2).reshape(len(tokens), -1, height, width)
            maps.append(out)
        return maps


@dataclass(frozen=True)
class DeepReading:
    """Reader and scales in torch: which places of the token table the last stages give.

    Attributes:
        maps: Network and cached maps.
        reader: The reader.
        views: Number of fields of view.
    """

    maps: StageMaps
    reader: Reader
    views: int

    def places(self) -> list[tuple[int, int, int]]:
        """(view, backbone, place among all scales) of each deepest scale."""
        scales, found = self.maps.network.scales, []
        for view in range(self.views):
            first = 0
            for number, depths in enumerate(self.maps.network.depths):
                first += len(depths)
                found.append((view, number, view * scales + first - 1))
        return found

    def pooled(self, inputs: ModelInputs, features: Features) -> dict[int, Tensor]:
        """Pooled vectors of the deepest scales by place, as `features.pool_slices` makes them."""
        device = self.maps.device
        deepest = self.maps.deepest_maps(inputs)
        weights = torch.from_numpy(inputs.maps).to(device)
        slices = inputs.hounsfield.shape[1]
        areas = torch.from_numpy(features.areas).to(device)
        size = torch.from_numpy(features.size).to(device)
        result = {}
        for view, number, place in self.places():
            projection = cast("nn.ModuleList", self.maps.network.projections[view])
            scale = projection[place - view * self.maps.network.scales]
            chosen = deepest[number][view * slices : (view + 1) * slices]
            projected = torch.clamp(scale(chosen), -8.0, 8.0)
            grid = nn.functional.adaptive_avg_pool2d(weights[view], (projected.shape[2], projected.shape[3]))
            vectors = pool_maps(projected, torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1))
            share = areas[view] / areas[view].sum(dim=0, keepdim=True).clamp_min(1e-9)
            part = share.repeat_interleave(vectors.shape[1] // len(REGIONS), dim=1)
            sharp = part * torch.exp(_SHARPNESS * vectors)
            soft = (sharp * vectors).sum(dim=0) / sharp.sum(dim=0).clamp_min(1e-9)
            result[place] = torch.cat([(part * vectors).sum(dim=0), soft, size])
        return result

    def tokens(self, pooled: dict[int, Tensor], cached: Floats) -> Tensor:
        """(scales, findings): the cached tokens with the deepest scales read anew."""
        table = torch.from_numpy(cached).to(self.maps.device, torch.float32).unbind(0)
        rows = list(table)
        for place, vector in pooled.items():

            def there(array: Floats, place: int = place) -> Tensor:
                return torch.from_numpy(array[place]).to(self.maps.device, torch.float32)

            normed = ((vector - there(self.reader.centre)) / there(self.reader.spread)).clamp(-_LARGEST, _LARGEST)
            rows[place] = there(self.reader.weight) @ normed + there(self.reader.bias)
        return torch.stack(rows)
