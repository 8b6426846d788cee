"""Power series through a flow: y_{k+1} = f_k / (k + 1), with f_k the k-th coefficient of f(y(t + s)) in s."""

from numeric.series.jets import Jets

__all__ = ["Jets"]
