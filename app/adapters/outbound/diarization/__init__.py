"""Engines that tell voices apart within a chunk."""
