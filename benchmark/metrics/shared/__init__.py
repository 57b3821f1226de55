"""What families of metrics share with each other; none of these files is a family."""
