"""What a command does, made of the other rooms."""
