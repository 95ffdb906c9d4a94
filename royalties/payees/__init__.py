"""Who is paid, and how to reach them."""
