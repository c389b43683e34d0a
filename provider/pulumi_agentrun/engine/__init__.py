"""What both front doors say to the engine, in its protocol."""
