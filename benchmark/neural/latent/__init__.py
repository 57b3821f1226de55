"""Codecs with a quantised latent: network in, symbols out."""
