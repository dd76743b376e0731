"""Job workers: they claim jobs and run them."""
