"""The outside world: what calls the use cases (inbound) and what answers the ports (outbound)."""
