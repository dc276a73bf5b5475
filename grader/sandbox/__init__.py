"""A student's kernel behind walls: what it may see, how much it may use, and how its messages are read."""
