"""The command line: `diarist transcribe`, `diarist serve` and `diarist doctor`."""
