"""All zeros of a flow in a box: affine forms bound it, rows of its inverse cut the box, Krawczyk's test closes it."""
