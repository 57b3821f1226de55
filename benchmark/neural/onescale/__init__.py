"""The parts of the codec ``learned-onescale``: a nonlinear transform whose latents a learned model codes.

``network`` turns images into latents and back. ``model`` predicts latents from those decoded before, in integers, by
the tables of ``tables``; ``coder`` writes and reads them. ``contexts`` is the model while it is trained. ``objective``
and ``recipe`` train it all.
"""
