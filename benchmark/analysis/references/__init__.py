"""Curves that others published or measured."""
