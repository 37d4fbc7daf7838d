"""What happened in this case, and the codebook by which its dated events are coded."""
