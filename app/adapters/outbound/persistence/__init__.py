"""Where clips, transcripts and finished work are kept."""
