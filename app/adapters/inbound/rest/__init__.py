"""The REST interface: recordings in, transcripts out, as documents or as streams of events."""
