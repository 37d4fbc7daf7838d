"""What every patch is: one change to a case, which says what it cannot be made of."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tashkent.model.case import Case
from tashkent.model.case.tables import LARGEST
from tashkent.model.clock import parse_month
from tashkent.model.errors import InputError, unknown

#: what a patch may change an input by, or to
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class Strict(BaseModel):
    """A table of a counterfactual, read strictly and frozen."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )


class Patch(Strict, ABC):
    """One change to a case; the kinds below say what it changes."""

    @abstractmethod
    def change(self, case: Case) -> dict[str, Any]:
        """The fields of the case that come out otherwise.

        Raises
        ------
        InputError
            If the patch names what the case does not have, or changes nothing. File and key are filled in by
            `Counterfactual.apply`.
        """


def refused(key: str, value: object, allowed: str, near: str = "") -> InputError:
    """The error of a patch; file and number of the patch are filled in by `Counterfactual.apply`."""
    return InputError("", key, value, allowed, near)


def check_known(key: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Every name is known.

    Raises
    ------
    InputError
        For the first that is not.
    """
    listed = list(known)
    for name in names:
        if name not in listed:
            raise unknown("", key, name, listed)


def month_from(key: str, text: str) -> int:
    """The month written ``YYYY-MM``.

    Raises
    ------
    InputError
        If it is not written so.
    """
    try:
        return parse_month(text)
    except ValueError as error:
        raise refused(key, text, str(error)) from None


def check_seats(case: Case, club: str, states: Iterable[str]) -> None:
    """Club and states are those of the case, and the states decide.

    Raises
    ------
    InputError
        If one is not.
    """
    check_known("club", [club], case.clubs)
    check_known("states", states, case.deciders)
