"""What answers the ports: engines, decoders, stores."""
