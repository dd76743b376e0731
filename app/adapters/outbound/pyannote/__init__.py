"""What the pyannote diarizer is made of."""
