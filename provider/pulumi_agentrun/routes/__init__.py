"""Routes explained: where the calls of a proxy may go, at worst how often and how long, and what stops them."""
