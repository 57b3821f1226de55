"""Image files: what one is, and its exact 8-bit pixels, or what to do to have them."""
