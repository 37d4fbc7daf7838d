"""What can be looked at in runs, by what it reads; each class is listed under its word when its module is read."""

from tashkent.calibration.measures import acts, inputs, record, seats, sequences, studies

__all__ = ["acts", "inputs", "record", "seats", "sequences", "studies"]
