"""What certificates say of a model: formulas in exact text, and the model as plain data (see `proofs.checker` for what reads them)."""

from proofs.certificates.exact_text import formula_text
from proofs.certificates.model import model_data, with_model

__all__ = ["formula_text", "model_data", "with_model"]
