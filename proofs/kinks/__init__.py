"""Points on kinks: which derivative jumps there, and where a formula has no value."""
