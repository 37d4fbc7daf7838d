"""Raw evidence of this case and the script that builds its composites."""
