"""What calls the use cases: HTTP, the command line, job workers."""
