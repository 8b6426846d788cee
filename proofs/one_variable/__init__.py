"""Signs and convexity along a line: balls on a compact part, series beyond, chords for counterexamples."""
