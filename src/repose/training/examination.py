"""The losses on fixed pairs where a phase of training ends: of people trained on, and of others.

So a table can say what each phase brought, such as the perceptual loss before and after a
discriminator joined (seed 002's report has these).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from repose.data.samples import Crops, as_tensor
from repose.files import read_json, write_json
from repose.training.batches import Batch
from repose.training.judging import judge
from repose.training.objective import Objective
from repose.training.phases import Phase
from repose.training.run_directory import fingerprint

BATCH = 8


class Examination:
    """Take the losses of the same pairs at the end of each phase.

    Args:
        folder: The run directory.
        networks: What is being trained.
        objective: Whose losses are taken; they are not weighted.
        crops: Where images and joints are found.
        rows: (N, 2) rows of source and target, by the people they show: `train`, `unseen`.
        phases: Of the training.
    """

    def __init__(
        self,
        folder: Path,
        networks: Mapping[str, nn.Module],
        objective: Objective,
        crops: Crops,
        rows: Mapping[str, np.ndarray],
        phases: tuple[Phase, ...],
    ) -> None:
        listed = {name: pairs.tolist() for name, pairs in rows.items()}
        self.folder = folder / f"examined-{fingerprint(listed)[:8]}"
        self.networks, self.objective, self.crops = networks, objective, crops
        self.rows, self.phases = rows, phases
        self.device = next(networks["generator"].parameters()).device

    def __call__(self, done: int) -> None:
        """Keep the losses, if a phase ends after so many steps."""
        for number, phase in enumerate(self.phases, 1):
            if phase.end == done:
                losses = {name: self._losses(rows, done) for name, rows in self.rows.items()}
                steps = phase.end - phase.first
                place = {"phase": number, "of": len(self.phases)}
                found = {**place, "learn": list(phase.learn), "steps": steps, "losses": losses}
                write_json(self._file(done), found)

    def record(self) -> list[dict[str, Any]]:
        """Return what was found, phase by phase; the last is made up for where it is missing."""
        if not self._file(self.phases[-1].end).exists():
            self(self.phases[-1].end)
        files = [self._file(phase.end) for phase in self.phases]
        return [read_json(file) for file in files if file.exists()]

    def _file(self, done: int) -> Path:
        return self.folder / f"step-{done:08d}.json"

    @torch.no_grad()
    def _losses(self, rows: np.ndarray, done: int) -> dict[str, float]:
        """Average each loss over pairs."""
        generator, critic = self.networks["generator"], self.networks.get("discriminator")
        was_training = generator.training
        generator.eval()
        sums: dict[str, float] = {}
        for first in range(0, len(rows), BATCH):
            batch = self._batch(rows[first : first + BATCH])
            torch.manual_seed(first)
            made = generator(*batch.given)
            terms = self.objective.terms(made, batch, None)
            if critic is not None and self._has_learnt("discriminator", done):
                triplet = self.objective.triplet
                real, *generated = judge(critic, batch, made["image"], triplet=triplet)
                terms["discriminator"] = self.objective.discriminator(real, generated)
            for name, value in terms.items():
                share = len(batch.rows) / len(rows)
                sums[name] = sums.get(name, 0.0) + share * float(value)
        generator.train(was_training)
        return sums

    def _has_learnt(self, network: str, done: int) -> bool:
        return any(phase.teaches(network) and phase.first < done for phase in self.phases)

    def _batch(self, rows: np.ndarray) -> Batch:
        source, target = (
            as_tensor(self.crops.images(rows[:, end])).to(self.device) for end in (0, 1)
        )
        joints = [torch.from_numpy(self.crops.joints[rows[:, e]]).to(self.device) for e in (0, 1)]
        return Batch(rows, source, target, joints[0], joints[1], None)
