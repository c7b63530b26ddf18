"""APNet's image part in torch: ResNet and ViT features at several depths, pooled with the ROI in each field of view.

    image (one slice of one view) ─┬─ ResNet-50 ── depths 2, 3, 4 ─┐
                                   └─ ViT-tiny ─── blocks 3, 7, 11 ┴─ one projection for each view and scale (1 × 1, to
                                                                      `Fusion.embedding` channels)
    projected map × ROI weight maps → for each region (inside, rim, whole image): mean and soft maximum → one vector

What is learnt from whom. A cohort of the paper's size has about 50 events, so hardly more than five free parameters
may be learnt from it. Everything up to and including the projections is therefore learnt in pre-training, from
findings and masks and never from an outcome. So is the reader (`reader.py`), which turns the vectors of each *scale*
(a view at a depth of a backbone) into a token: that scale's reading of a dozen named findings. All tokens speak of the
same findings, so that the fusion head (`head.py`) needs one weight for a finding, not one for a feature: it weighs the
scales against each other by a gate that looks at the clinical embedding, and adds the clinical part, all of it shrunk
towards the plain additive model. Only that head is learnt from the cohort, once for each fold.

The vectors are what is cached (`features.py`): head, what-if and reasons need no second look at the images.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from apnet_desktop.bundle.manifest import Backbone, CtRecipe, Fusion
from apnet_desktop.model.inputs import REGIONS

# Weights come from the bundle or a local file, never from a hub: timm must not even ask.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import timm

__all__ = ["POOLS", "ApnetNetwork", "PretrainingHeads", "build_network", "load_network", "network_arrays", "pool_maps"]

POOLS = ("mean", "soft_maximum")

# Mean and spread of the windowed images 0...1: the grey-level mean of the ImageNet statistics, so that a site's
# ImageNet weights find the range that they were trained on.
_IMAGE_MEAN = 0.45
_IMAGE_SPREAD = 0.225
# Projected maps are kept in ±8 and the soft maximum weighs by exp(2 x): no overflow in any engine, and a region's
# strongest twentieth outweighs its mean.
_LARGEST_ACTIVATION = 8.0
_SHARPNESS = 2.0


def pool_maps(maps: Tensor, weights: Tensor) -> Tensor:
    """Mean and soft maximum of each channel over each region.

    Args:
        maps: (n, channels, y, x).
        weights: (n, regions, y, x), 0...1. An empty region gives zeros.

    Returns:
        (n, regions · 2 · channels): for each region the means, then the soft maxima.
    """
    flat = maps.flatten(2).transpose(1, 2)
    region = weights.flatten(2)
    total = region.sum(dim=2, keepdim=True)
    mean = torch.bmm(region, flat) / (total + 1e-6)
    sharp = torch.exp(_SHARPNESS * flat)
    soft = torch.bmm(region, sharp * flat) / (torch.bmm(region, sharp) + 1e-6)
    return torch.cat([mean, soft], dim=2).flatten(1)


class ApnetNetwork(nn.Module):
    """Backbones and projections.

    Attributes:
        views: Number of fields of view.
        scales: Number of scales in each view: the depths of all backbones.
        width: Length of one pooled vector: regions · pools · embedding.
    """

    def __init__(self, backbones: tuple[Backbone, ...], views: int, channels: int, pixels: int, embedding: int) -> None:
        super().__init__()
        self.backbones = nn.ModuleList([_timm_backbone(backbone, channels, pixels) for backbone in backbones])
        self.depths = tuple(tuple(backbone.depths) for backbone in backbones)
        self.views = views
        self.scales = sum(len(depths) for depths in self.depths)
        self.width = len(REGIONS) * len(POOLS) * embedding
        self.embedding = embedding
        sizes = self._channels_at_depths(channels, pixels)
        # projections.<view>.<scale>
        self.projections = nn.ModuleList([_projections(sizes, embedding) for _ in range(views)])

    def _channels_at_depths(self, channels: int, pixels: int) -> list[int]:
        training = self.training
        self.eval()
        with torch.no_grad():
            maps = self.backbone_maps(torch.zeros(1, channels, pixels, pixels))
        self.train(training)
        return [int(scale.shape[1]) for scale in maps]

    def backbone_maps(self, images: Tensor) -> list[Tensor]:
        """Feature maps of every scale, in the order of backbones and depths.

        Args:
            images: (n, channels, pixels, pixels), 0...1.
        """
        normed = (images - _IMAGE_MEAN) / _IMAGE_SPREAD
        maps: list[Tensor] = []
        for backbone, depths in zip(self.backbones, self.depths, strict=True):
            maps += backbone.forward_intermediates(  # type: ignore[operator]
                normed, indices=list(depths), intermediates_only=True, output_fmt="NCHW", stop_early=True
            )
        return maps

    def projected_maps(self, images: Tensor, views: Sequence[int] | None = None) -> list[list[Tensor]]:
        """For each view's projections and each scale: (n, embedding, y, x), float32, within ±8.

        Args:
            images: (n, channels, pixels, pixels), 0...1.
            views: Whose projections; None is all.
        """
        maps = [scale.float() for scale in self.backbone_maps(images)]
        return [
            [
                torch.clamp(projection(scale), -_LARGEST_ACTIVATION, _LARGEST_ACTIVATION)
                for projection, scale in zip(cast("nn.ModuleList", self.projections[view]), maps, strict=True)
            ]
            for view in (range(self.views) if views is None else views)
        ]

    def pool(self, projected: list[Tensor], weights: Tensor) -> Tensor:
        """Pooled vectors of one view's projected maps: (n, scales, width).

        Args:
            projected: One entry of `projected_maps`.
            weights: (n, 2, pixels, pixels), 0...1: inside and rim.
        """
        vectors = []
        weights = weights.float()
        for scale in projected:
            grid = nn.functional.adaptive_avg_pool2d(weights, (scale.shape[2], scale.shape[3]))
            vectors.append(pool_maps(scale, torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1)))
        return torch.stack(vectors, dim=1)

    def forward(self, images: Tensor, weights: Tensor) -> Tensor:
        """Pooled vectors by every view's projections: (n, views, scales, width), float32.

        The caller keeps the view that each image belongs to; the others cost a few per cent and keep the graph one.

        Args:
            images: (n, channels, pixels, pixels), 0...1.
            weights: (n, 2, pixels, pixels), 0...1: ROI and rim.
        """
        return torch.stack([self.pool(projected, weights) for projected in self.projected_maps(images)], dim=1)


class PretrainingHeads(nn.Module):
    """What the projections are trained against, on slices of simulated patients; it does not ship.

    Each scale of each view reads, from its own pooled vector alone, the slice's findings (deep supervision), and from
    its projected map the masks of lesions at that map's resolution.
    """

    def __init__(self, network: ApnetNetwork, findings: int, masks: int) -> None:
        super().__init__()
        places = network.views * network.scales
        self.findings = nn.ModuleList([nn.Linear(network.width, findings) for _ in range(places)])
        self.masks = nn.ModuleList([nn.Conv2d(network.embedding, masks, 1) for _ in range(places)])

    def forward(self, network: ApnetNetwork, view: int, images: Tensor, weights: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Findings and mask logits of slices of one view.

        Args:
            network: The network that is trained.
            view: Which view the images are of.
            images: (n, channels, pixels, pixels), 0...1.
            weights: (n, 2, pixels, pixels), 0...1.

        Returns:
            Findings (n, scales, findings), and for each scale mask logits (n, masks, y, x).
        """
        (projected,) = network.projected_maps(images, [view])
        vectors = network.pool(projected, weights)
        first = view * network.scales
        findings = torch.stack([self.findings[first + n](vectors[:, n]) for n in range(network.scales)], dim=1)
        return findings, [self.masks[first + n](scale) for n, scale in enumerate(projected)]


def build_network(recipe: CtRecipe, backbones: tuple[Backbone, ...], fusion: Fusion) -> ApnetNetwork:
    """The network with random weights."""
    return ApnetNetwork(backbones, len(recipe.views), len(recipe.windows), recipe.pixels, fusion.embedding)


def load_network(network: ApnetNetwork, arrays: Mapping[str, NDArray[np.generic]]) -> ApnetNetwork:
    """Fills `network` with arrays of any float type by name, strictly, and puts it into evaluation mode.

    Raises:
        RuntimeError: A tensor is missing, extra or of another shape.
    """
    state = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    state = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.zeros_like(tensor))
    network.load_state_dict(state, strict=True)
    return network.eval().requires_grad_(requires_grad=False)


def network_arrays(network: nn.Module) -> dict[str, NDArray[np.generic]]:
    """Weights for `apnet.safetensors`: float16, but float32 for batch statistics, whose range float16 cannot hold."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        exact = name.endswith(("running_mean", "running_var"))
        arrays[name] = tensor.detach().cpu().to(torch.float32 if exact else torch.float16).numpy()
    return arrays


def _projections(sizes: Sequence[int], embedding: int) -> nn.ModuleList:
    return nn.ModuleList(
        [nn.Sequential(nn.Conv2d(size, embedding, 1, bias=False), nn.BatchNorm2d(embedding)) for size in sizes]
    )


def _timm_backbone(backbone: Backbone, channels: int, pixels: int) -> nn.Module:
    options: dict[str, Any] = {"pretrained": False, "num_classes": 0, "in_chans": channels}
    if "vit" in backbone.timm_name:
        # Position embeddings are made for one image size.
        options |= {"img_size": pixels, "dynamic_img_size": False}
    model: nn.Module = timm.create_model(backbone.timm_name, **options)
    return model
