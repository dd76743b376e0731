"""Engines that turn windows of speech into words."""
