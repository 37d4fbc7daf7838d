"""The Collective Security Treaty of 1992 and the organisation that it became."""
