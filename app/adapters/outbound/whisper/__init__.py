"""What every Whisper engine shares, whichever library runs the network."""
