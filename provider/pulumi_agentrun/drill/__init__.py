"""Drills: plays the calls of a proxy of a stack, a preview or an account while things fail, and says who answers."""
