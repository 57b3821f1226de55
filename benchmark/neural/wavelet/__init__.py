"""The parts of the codec ``learned-wavelet``: a fixed transform whose coefficients a learned model codes.

``transform`` turns an image into bands and back. ``bands`` goes through the bands in coding order and gathers what the
decoder knows at each coefficient. ``model`` predicts coefficients from that, in integers, by the tables of ``tables``;
``chances`` sets that right for the image at hand. ``coder`` writes and reads the bits: ``decisions`` is the range
coder, and ``lowpass`` codes the coarsest averages. ``choice`` makes the encoder's choices; ``feedback`` corrects what
they are made for. ``restoration`` repairs the decoded image. ``networks`` are model and restoration while they are
trained: by ``examples``, ``objective`` and ``recipe``.
"""
