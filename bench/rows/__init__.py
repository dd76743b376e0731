"""One benchmark a file, each a function from a plan to its rows."""
