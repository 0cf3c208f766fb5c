"""Formats of the specification's attributes, as regular expressions (RE2) and lists (FOCUS 1.2, `attributes/`)."""

from __future__ import annotations

__all__ = ["CURRENCIES", "MOMENT", "NO_UNIT", "NUMBER", "PLACEHOLDERS", "UNIT", "UNREADABLE"]

NUMBER = r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE]-?[0-9]+)?"
"""Numeric format: no sign for positive values nor exponents, no comma, no unit."""

MOMENT = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
"""Date/time format: YYYY-MM-DDTHH:mm:ssZ."""

UNREADABLE = r"[\x{FFFD}\x00-\x08\x0B\x0C\x0E-\x1F]"
"""What no string has that is valid Unicode and was never damaged: the replacement character, control characters."""

PLACEHOLDERS = ("null", "none", "nil", "n/a", "na", "nan", "not applicable", "not available", "undefined", "-")
"""Text that stands where there is no value; compared in lower case, without spaces around it."""

_SIZE = "[KMGTPE]?[bB]|[KMGTPE]i[bB]"
_TIME = "Year|Month|Day|Hour|Minute|Second"
_TIMES = "Years|Months|Days|Hours|Minutes|Seconds"
_COUNT = "[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*"
# Words of the list in another spelling: 'gigabyte-seconds', 'hrs' and the like are no units.
_MISSPELT = "(?i:.*(kilo|mega|giga|tera|peta|exa)(bit|byte)s?.*|.*\\b(hrs?|mins?|secs?|mos?|yrs?)\\b.*|[KMGTPE]i?[bB]s)"
_LOWER = "(?:.*[-/ ])?(years?|months?|days?|hours?|minutes?|seconds?)(?:[-/ ].*)?"
UNIT = (
    f"({_SIZE}|{_TIME}|{_TIMES}|{_COUNT})"
    f"|({_SIZE}|{_TIME}|{_COUNT})-({_TIMES})"
    f"|({_SIZE}|{_TIMES}|{_COUNT})/({_TIME})"
    f"|[0-9]+ ({_SIZE}|{_TIME}|{_TIMES}|{_COUNT})"
    f"|({_SIZE}|{_TIMES}|{_COUNT})/[0-9]+ ({_TIMES})"
)
"""Unit format: a unit, a unit-time, a unit per time, a number of units, units per number of times."""

NO_UNIT = f"{_MISSPELT}|{_LOWER}"
"""Units of the attribute's lists in another spelling or capitalisation."""

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK
PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR
XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL
"""

CURRENCIES = frozenset(_CODES.split())
"""ISO 4217, as the requirements model's validator lists them (2023)."""
