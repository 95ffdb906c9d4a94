"""A scenario file in, statements out, nothing saved."""
