"""Where a telephone number belongs: the province and city of its area code or of its mobile prefix, from the tables of the library phonenumbers."""

from functools import cache
from typing import Any

COUNTRY, LANGUAGE = "CN", "zh"


@cache
def _tables() -> tuple[Any, Any]:
    """Loaded at the first question, which the service puts to itself when it starts: they take some 80 MB and up to two seconds; most commands ask none."""
    import phonenumbers
    from phonenumbers import geocoder

    return phonenumbers, geocoder


def number_place(number: str) -> str:
    """湖南省郴州市 for 13907350011; '' for what is no number, hidden, or belongs to no place. Where it was issued, not where it is."""
    phonenumbers, geocoder = _tables()
    try:
        parsed = phonenumbers.parse(number, COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    found = str(geocoder.description_for_number(parsed, LANGUAGE))
    return "" if found == geocoder.country_name_for_number(parsed, LANGUAGE) else found
