"""Codecs that run in a Python environment of their own: the worker there, the link to it, the codec that asks it."""
