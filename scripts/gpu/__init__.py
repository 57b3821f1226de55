"""What is run on a bare machine with a GPU: Python with JAX or PyTorch, no network, missing wheels in a folder."""
