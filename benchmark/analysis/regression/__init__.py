"""Whether two sets of results are alike: comparison, tolerances, timings."""
