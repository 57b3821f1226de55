"""Classes for libraries of models: they run in environments of their own, without the bench, by Python 3.8 or later."""
