"""Raw provider notifications, stored once, processed later."""
