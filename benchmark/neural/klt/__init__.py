"""The form klt of rnn: levels of bits for KLT coefficients, and a restoration network."""
