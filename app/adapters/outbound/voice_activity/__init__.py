"""Engines that hear where somebody speaks."""
