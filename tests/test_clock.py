from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tashkent.model.clock import last_day, month_label, month_of, parse_month


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 31)))
def test_label_and_parse_are_inverse(day: date) -> None:
    month = month_of(day)
    assert parse_month(month_label(month)) == month
    assert month_of(last_day(month)) == month
    assert month_of(last_day(month)).__index__() + 1 == month_of(
        date.fromordinal(last_day(month).toordinal() + 1)
    )


@pytest.mark.parametrize("text", ["1998", "1998-13", "98-12", "1998-1", "", "1998-12-01", "x"])
def test_other_writings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        parse_month(text)
