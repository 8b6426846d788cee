"""All steady states in a box, and all critical points of an energy: found by search, each shown in balls."""
