"""A network that stands in for Inception: of random weights, small and the same each time."""

import torch


class Small(torch.nn.Module):
    """Sixteen random features of an image, and four classes of them."""

    def __init__(self):
        super().__init__()
        draws = torch.Generator().manual_seed(0)
        self.filters = torch.randn(16, 3, 5, 5, generator=draws) / 5
        self.classes = torch.randn(4, 16, generator=draws)

    def forward(self, images):
        maps = torch.nn.functional.conv2d(images.float() / 128 - 1, self.filters, stride=2)
        features = maps.relu().mean((2, 3))
        return features, (features @ self.classes.T).softmax(1)
