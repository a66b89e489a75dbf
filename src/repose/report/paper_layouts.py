"""The papers' tables: which published rows they hold, and what of ours belongs beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

NOT_STATED = ("not stated",)


@dataclass(frozen=True)
class Column:
    """One score.

    Attributes:
        heading: Over the column.
        ours: Our scores that may stand in it, the first one that was measured does; () for none.
        protocol: How our protocol begins if it is the published one, and what else it says; () if
            any is, `NOT_STATED` if none is known to be.
        digits: Decimals of ours; None for those of the score.
    """

    heading: str
    ours: tuple[str, ...] = ()
    protocol: tuple[str, ...] = ()
    digits: int | None = None


@dataclass(frozen=True)
class PaperTable:
    """A table of a paper, or of a line of papers on one set of pairs.

    Attributes:
        name: File name, without ending.
        title: One line.
        data: The data in `published.csv`.
        columns: By score of `published.csv`; for `steps` and the like, too.
        sets: Modules of `repose.datasets` whose results stand in it.
        tables: Its rows are those of these tables, by paper; {} for all of that data.
        group: The rows that ours may be compared with, if `reason` is "".
        reason: Why ours may never be; "" where it depends on size, pairs and protocol.
        size: Height x width of the images, px.
        pairs: Number of the official test pairs.
        layouts: Of the data set: those with the official pairs.
        rows: What of ours stands in it: scores | few | phases | nothing.
        ticks: Whether two ticks say that warp and pose are 3D.
        others: Whether results on data that no table is about stand in it, set apart.
    """

    name: str
    title: str
    data: str
    columns: Mapping[str, Column]
    sets: tuple[str, ...]
    tables: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    reason: str = ""
    size: str = ""
    pairs: int = 0
    layouts: tuple[str, ...] = ()
    rows: str = "scores"
    ticks: bool = False
    others: bool = False


KNOCHE, YUAN = "Knoche et al. 2020", "Yuan 2019"
PATN = ("patn", "nted")
_LPIPS = Column("LPIPS ↓", ("lpips",), ("alex",), digits=4)
# As the line of GFLA has it.
_OF_GFLA = ("torchvision's", "real images: all training images")
_FID = Column("FID ↓", ("fid_torchvision", "fid_tf"), _OF_GFLA, digits=4)
_IS = Column("IS ↑", ("inception_tf", "inception_torchvision"), ("TensorFlow's",), digits=3)
_WIN51 = Column("SSIM ↑", ("ssim_win51", "ssim"), ("win51",), digits=4)
_OTHER_PAIRS = "other pairs of the same videos, another pose estimator"
_EARLY = {
    "ssim": Column("SSIM ↑", ("ssim_range_per_image", "ssim"), ("range_per_image",)),
    "inception": _IS,
    "mask_ssim": Column("mask-SSIM ↑", ("mask_ssim",)),
    "mask_inception": Column("mask-IS ↑"),
    "ds": Column("DS ↑"),
    "pckh": Column("PCKh ↑", ("pckh",)),
}


def _patn(size: str) -> PaperTable:
    # The window of the line of GFLA is known at the smaller size only.
    ssim = _WIN51 if size == "256x176" else replace(_WIN51, protocol=NOT_STATED)
    return PaperTable(
        f"deepfashion_{size}",
        f"DeepFashion at {size}, on the pairs of PATN",
        f"DeepFashion {size}",
        {"ssim": ssim, "lpips": _LPIPS, "fid": _FID},
        ("deepfashion",),
        group=f"patn-{size}",
        size=size,
        pairs=8570,
        layouts=PATN,
    )


PAPER_TABLES: tuple[PaperTable, ...] = (
    PaperTable(
        "table1",
        "Knoche et al. 2020, Table 1: what 3D does for warp and pose",
        "iPER",
        {
            "ssim": Column("SSIM ↑", ("ssim_skimage7", "ssim")),
            "ssim_fg": Column("SSIM fg ↑", ("ssim_fg",)),
            "pose_auc": Column("Pose AUC ↑", ("pose_auc",)),
        },
        ("iper",),
        {KNOCHE: "Table 1"},
        group="iper-knoche",
        reason=_OTHER_PAIRS,
        ticks=True,
        others=True,
    ),
    PaperTable(
        "table2_iper",
        "Knoche et al. 2020, Table 2: iPER",
        "iPER",
        {"ssim": Column("SSIM ↑", ("ssim_skimage7", "ssim")), "lpips": _LPIPS},
        ("iper",),
        {KNOCHE: "Table 2"},
        group="iper-knoche",
        reason=_OTHER_PAIRS,
    ),
    PaperTable(
        "table2_fashion",
        "Knoche et al. 2020, Table 2: Fashion",
        "DeepFashion",
        {"ssim": Column("SSIM ↑", ("ssim_skimage7", "ssim")), "lpips": _LPIPS},
        ("deepfashion",),
        {KNOCHE: "Table 2"},
        reason="each paper has pairs and a formula of its own",
    ),
    PaperTable(
        "seed000",
        "Electronics Club, IIT Kanpur: one result and a hundred",
        "not stated",
        {
            "pose_loss_m": Column("Pose loss, m ↓", ("pose_loss_mm",)),
            "ssim": Column("SSIM ↑", ("ssim",)),
            "ssim_bg": Column("SSIM bg ↑", ("ssim_bg",)),
            "ssim_fg": Column("SSIM fg ↑", ("ssim_fg",)),
        },
        ("iper",),
        reason="their data and pairs are not stated",
        rows="few",
        others=True,
    ),
    PaperTable(
        "seed002",
        "Suresh and Sonarkar 2019: losses at the end of each phase",
        "YouTube Pose, upper bodies",
        {
            "steps": Column("steps", ("steps",)),
            "vgg_train": Column("VGG loss, training pairs ↓", ("vgg_train",)),
            "vgg_test": Column("VGG loss, unseen pairs ↓", ("vgg_test",)),
            "d_loss": Column("D loss, training pairs", ("d_loss",)),
        },
        ("youtube_pose",),
        group="suresh",
        reason="other pairs, sizes, scales of the features and numbers of steps",
        rows="phases",
        others=True,
    ),
    PaperTable(
        "seed004_estimators",
        "Yuan 2019, Table 3.1: two pose estimators",
        "COCO 2016 key points",
        {
            "heatmap_loss": Column("heat map loss ↓"),
            "paf_loss": Column("affinity field loss ↓"),
            "seconds_least": Column("s per image, from ↓"),
            "seconds_most": Column("to ↓"),
        },
        (),
        group="yuan-estimators",
        rows="nothing",
    ),
    PaperTable(
        "seed004_scores",
        "Yuan 2019, Table 3.2: 2.5D poses on DeepFashion",
        "DeepFashion",
        {"inception": _IS, "ssim": Column("SSIM ↑", ("ssim_skimage7", "ssim"))},
        ("deepfashion",),
        {YUAN: "Table 3.2"},
        group="fashion-yuan",
        reason="other pairs; window of their SSIM not stated",
    ),
    _patn("256x176"),
    _patn("512x352"),
    PaperTable(
        "deepfashion_early",
        "DeepFashion at 256x256, the papers of 2017 to 2019",
        "DeepFashion",
        _EARLY,
        ("deepfashion",),
        dict.fromkeys(
            ("Ma et al. 2017", "Esser et al. 2018", "Siarohin et al. 2018", "Zhu et al. 2019"),
            "as printed",
        ),
        reason="each paper has pairs and a formula of its own",
    ),
    PaperTable(
        "market1501",
        "Market-1501 at 128x64",
        "Market-1501",
        {
            # By their size not of 51 px; a Gaussian or a uniform window, which is not said.
            "ssim": Column("SSIM ↑", ("ssim_range_per_image", "ssim"), NOT_STATED, digits=4),
            "lpips": _LPIPS,
            "fid": _FID,
            # Only the early papers have these, each on pairs of its own.
            **{
                name: replace(column, protocol=NOT_STATED)
                for name, column in _EARLY.items()
                if name != "ssim"
            },
        },
        ("market1501",),
        group="market-later",
        size="128x64",
        pairs=12000,
    ),
)
