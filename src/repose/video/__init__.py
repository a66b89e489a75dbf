"""Videos to upright RGB pictures, with an honest account of every frame.

Only this package decodes. Damage shows in three ways: a file that cannot be opened or that ends
early is an error when it is probed; pictures that the decoder cannot give are counted as dropped;
pictures that show nothing new are counted as duplicate, and kept.
"""

from repose.video.container import Account, Probe, probe
from repose.video.decoding import Decoding, Picture, sample
from repose.video.pictures import Orientation

__all__ = ["Account", "Decoding", "Orientation", "Picture", "Probe", "probe", "sample"]
