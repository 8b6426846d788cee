"""How formulas are read: as text, as LaTeX, as MathML that a browser draws by itself."""

from amsym.render.latex import latex
from amsym.render.mathml import mathml
from amsym.render.shortest import shortest
from amsym.render.symbols import Rate, Slope, Space, TimeDerivative
from amsym.render.text import text
from amsym.render.wrap import wrapped

__all__ = ["Rate", "Slope", "Space", "TimeDerivative", "latex", "mathml", "shortest", "text", "wrapped"]
