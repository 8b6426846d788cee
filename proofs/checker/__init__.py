"""A checker of certificates that shares no code with what finds them: it imports the standard library and flint alone.

Read in this order; each file uses those above it.

    reader    text to formulas
    balls     formulas as a graph of numbers, derivatives, values in rationals and balls
    model     a certificate's model at given sizes
    boxes     what holds on all of a box: first-order forms, Krawczyk's operator
    domains   what a tree covers, and the ways in which a certificate fails
    definite  definite matrices in balls
    falling   factors m of ∂E/∂y = -m f
    zeros     all zeros of a field in a box
    covers    interval covers: zeros, inequalities and matrices over a box
    affine    affine forms, and a piecewise affine flow as such forms
    pattern_tree  the tree of a pattern cover: what each of its leaves shows
    patterns  all steady states of a piecewise affine flow
    basins    balls and walled sets that flow to one steady state
    points    counterexamples at exact points
    matrices  L D Lᵀ, vectors, copositivity, sums of squares
    trial     identities of proofs at random exact points
    steps     lemmas, hypotheses and claims
    kinds     a reader for each kind of certificate
    entries   files of verdicts, which kind may carry which status, and the outcome
"""
