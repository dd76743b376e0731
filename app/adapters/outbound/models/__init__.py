"""Where models come from: the hub's cache, folders, and conversions of our own."""
