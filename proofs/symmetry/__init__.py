"""Symmetries of an energy: fits to exact samples, finite steps, certified ranks; `found.symmetries` is what users call."""
