"""A recognition worker for tests whose engine is not installed."""

from app.adapters.outbound.child_channel import Channel

if __name__ == "__main__":
    Channel.open().send({"unavailable": "No module named 'pocketsphinx'"})
