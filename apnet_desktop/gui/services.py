"""What the window works with: store, settings, processes and the bundle. Made once, closed once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.language import Language
from apnet_desktop.locations import models_folder
from apnet_desktop.worker.inference import Inference
from apnet_desktop.worker.preparation import Preparation
from apnet_desktop.worker.reader import Reader
from apnet_desktop.worker.shared_memory import SharedBlocks

__all__ = ["Services"]


@dataclass
class Services:
    """The parts that the window is built on.

    Attributes:
        store: All cases.
        settings_file: Where the settings are kept.
        settings: The settings in use.
        blocks: Shared memory of volumes.
        reader: The reader process's client.
        inference: The worker process's client.
        preparation: The client of the process that derives a bundle's graph.
        log_folder: Where the log lies; None in tests.
        data_folder: Where the demo case goes.
        closed: True once nothing may be started any more.
    """

    store: CaseStore
    settings_file: SettingsFile
    settings: Settings
    blocks: SharedBlocks
    reader: Reader
    inference: Inference
    preparation: Preparation
    log_folder: Path | None
    data_folder: Path
    closed: bool = False

    @classmethod
    def start(
        cls, store: CaseStore, settings_file: SettingsFile, settings: Settings, log_folder: Path | None
    ) -> Services:
        """Makes the clients around an open store; their processes start when the window asks."""
        blocks = SharedBlocks()
        return cls(
            store=store,
            settings_file=settings_file,
            settings=settings,
            blocks=blocks,
            reader=Reader(blocks),
            inference=Inference(blocks),
            preparation=Preparation(),
            log_folder=log_folder,
            data_folder=store.folder,
        )

    @property
    def language(self) -> Language:
        """Language of the window."""
        return self.settings.language

    @property
    def bundle_folder(self) -> Path:
        """The bundle in use."""
        return Path(self.settings.bundle) if self.settings.bundle else models_folder() / "apnet-demo"

    def close(self) -> None:
        """Ends the processes, frees the shared memory and closes the store: nothing stays behind."""
        self.closed = True
        self.reader.close()
        self.inference.close()
        self.preparation.close()
        self.blocks.release_all()
        self.store.close()
