"""Addresses as QR codes: for the page, and for a terminal. What a phone reads needs no typing."""

import io

import segno

#: characters of the longest address that is still read from the back row
LONGEST = 300
#: white on black whatever the terminal has: half blocks of the foreground are what is light
WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"


def svg(address: str) -> str:
    """The code as an SVG element without a size, dark on light whatever stands around it, with its quiet zone.

    Raises
    ------
    ValueError
        If the address is too long to be read across a room.
    """
    code = _code(address).svg_inline(light="#fff", dark="#000", border=4, omitsize=True)
    return str(code)


def lines(address: str) -> list[str]:
    """The code as lines of half blocks for a terminal.

    Raises
    ------
    ValueError
        If the address is too long to be read across a room.
    """
    drawn = io.StringIO()
    _code(address).terminal(drawn, compact=True, border=2)
    return [f"{WHITE_ON_BLACK}{line}{PLAIN}" for line in drawn.getvalue().splitlines()]


def _code(address: str) -> segno.QRCode:
    if len(address) > LONGEST:
        raise ValueError(f"An address of {len(address)} characters is longer than {LONGEST}.")
    return segno.make_qr(address, error="m")
