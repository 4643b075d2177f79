"""Pictures of figures, drawn the same each time and legible on a dark page as on a light one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IMAGES = Path(__file__).parents[2] / "docs" / "images"

OURS, KSSEDR, POWERSHELL = "#2f81f7", "#db6d28", "#8957e5"
"""The colours of the contenders, the same in every picture."""

# A grey with the same contrast to white and to GitHub's dark background.
_GREY = "#767d86"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "secret-rotation",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": _GREY,
    "axes.edgecolor": _GREY,
    "axes.labelcolor": _GREY,
    "axes.titlecolor": _GREY,
    "xtick.color": _GREY,
    "ytick.color": _GREY,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GREY,
    "grid.alpha": 0.25,
}


@contextmanager
def chart(name: str, images: Path = IMAGES, *, width: float = 8, height: float = 3.2) -> Iterator["Axes"]:
    """Give out axes to draw on, and save them as `name` (an SVG) at the end; inches."""
    import matplotlib as mpl  # noqa: PLC0415 - half a second that a section without a chart need not wait
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415

    with mpl.rc_context(_STYLE):
        picture = Picture(figsize=(width, height), layout="constrained")
        yield picture.subplots()
        images.mkdir(parents=True, exist_ok=True)
        picture.savefig(images / name, format="svg", metadata={"Date": None})
