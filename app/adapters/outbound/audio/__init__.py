"""Where recordings are kept, and how they are decoded."""
