"""Drills: plays the calls of a proxy of a stack, a preview or an account under troubles, and says what came of them."""
