"""What runs in the decoder's child process, and nowhere else: here PyAV is at home."""
