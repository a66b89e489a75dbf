"""The discriminator of DCGAN (Radford et al. 2016)."""

from torch import Tensor, nn
from torch.nn import functional

from repose.errors import ReposeError
from repose.models.window import Window

LEAK = 0.2
FIRST_STD = 0.02  # of the weights at first


class Discriminator(nn.Module):
    """Strided convolutions and one linear layer, that see nothing but the image.

    Its batch normalisation keeps no running statistics: it only ever judges while it learns, and
    always true and generated images together, by the statistics of that batch.
    """

    sees_together = True

    def __init__(self, window: Window, widths: tuple[int, ...]) -> None:
        """Build the network.

        Args:
            window: the part of the images that it looks at.
            widths: channels of its levels, each at half the resolution of the one before.

        Raises:
            ReposeError: bad-network, where nothing is left of the image to normalise over.
        """
        super().__init__()
        self.window = window
        height, breadth = (-(-side // 2 ** len(widths)) for side in window.shape)
        if height * breadth == 1:
            raise ReposeError(
                "bad-network",
                f"{len(widths)} discriminator_widths leave one pixel of {window.shape}",
                mend="take fewer, or larger images",
            )
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 5, 2, padding=2) for a, b in zip((3, *widths), widths, strict=False)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(width, track_running_stats=False) if level else nn.Identity()
            for level, width in enumerate(widths)
        )
        self.head = nn.Linear(widths[-1] * height * breadth, 1)
        for layer in (*self.convs, self.head):
            nn.init.normal_(layer.weight, std=FIRST_STD)
            nn.init.zeros_(layer.bias)

    def forward(
        self, source: Tensor, image: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> Tensor:
        """Judge images, which are compared with each other.

        Args:
            source: not used.
            image: (B, 3, S, S) in [-1, 1], true ones and others.
            source_joints: not used.
            target_joints: not used.

        Returns:
            (B,) logits, positive for true, in float32.
        """
        x = self.window.cut(image)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.leaky_relu(norm(conv(x)), LEAK)
        logits: Tensor = self.head(x.flatten(1)).float()[:, 0]
        return logits
