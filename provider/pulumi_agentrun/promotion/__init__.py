"""Promotion: what becomes of callers if one stack of a program is made like another, and its settings moved there."""
