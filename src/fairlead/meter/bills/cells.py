"""A cell's text as SQL (DuckDB) that types it exactly, or not at all: amounts, moments, text, tags.

Each kind is read in two steps. `plain` is what FOCUS allows, cheap where the text is usual (CASE, unlike
coalesce, keeps the engine from working the dear branch out for every row). `lenient` is a form that
means one thing only, but that FOCUS does not allow: it is tried where `plain` gives NULL, and is a finding. What both
leave NULL could not be read. No step rounds an amount: text with more digits than fit is not read.
"""

from __future__ import annotations

__all__ = [
    "COST_DIGITS",
    "QUANTITY_DIGITS",
    "SQL_TYPES",
    "amount_lenient",
    "amount_of_double",
    "amount_plain",
    "known",
    "moment_lenient",
    "moment_plain",
    "quantity_rounded",
    "tags_lenient",
    "tags_of_pairs",
    "tags_once",
    "tags_plain",
]

COST_DIGITS, QUANTITY_DIGITS = 24, 18
"""Digits after the point, as `domain.ledger_tables` has them."""

SQL_TYPES = {
    "cost": f"DECIMAL(38,{COST_DIGITS})",
    "quantity": f"DECIMAL(38,{QUANTITY_DIGITS})",
    "moment": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "json": "VARCHAR",
    "tags": "MAP(VARCHAR, VARCHAR)",
}
"""Type of each kind of column in the engine."""

_NULLS = ("", "NULL", "null", "Null", " ")

_SHORT = "DECIMAL(18,11)"
_SHORTS = ((7, 11), (3, 15))
"""Digits before and after the point that a machine word holds: read ten times faster than through 38 digits."""

_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?"
_GROUPED = r"[-+]?[$€£¥]? ?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?"
_ISO = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?))?)?"
)
_LATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ](2[4-9]|3[0-9]|4[0-7]):([0-5][0-9]):([0-5][0-9])Z?"
_OTHER_DATES = ("%m/%d/%y", "%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d")

_EARLIEST, _LATEST = "TIMESTAMP '1970-01-02'", "TIMESTAMP '2262-01-01'"
"""No bill is older. An engine reads `5/1/25` as a day of the year 5, and knows words like `epoch`."""


def known(cell: str) -> str:
    """Text, and NULL where it is blank or says null. One equality for each form is what engines are quickest at."""
    nulls = " OR ".join(f"{cell} = '{null}'" for null in _NULLS)
    return f"CASE WHEN strlen({cell}) > {max(map(len, _NULLS))} THEN {cell} WHEN {nulls} THEN NULL ELSE {cell} END"


def amount_plain(cell: str, digits: int) -> str:
    """A decimal number, also with an exponent, whose digits after the point all fit.

    Nearly every cell is told by its length alone to fit a machine word, or 38 digits; only the rest is looked into.
    """
    point, wide, text = f"instr({cell}, '.')", f"DECIMAL(38,{digits})", f"trim({cell})"
    usual = " AND ".join(f"NOT contains({cell}, '{sign}')" for sign in "eE_")
    arms = [f"WHEN {_held(cell, *held)} AND {usual} THEN {_through_word(cell, held, wide)}" for held in _SHORTS]
    return (
        f"CASE WHEN {cell} IS NULL THEN NULL {' '.join(arms)} "
        f"WHEN strlen({cell}) - {point} <= {digits} AND {usual} THEN TRY_CAST({cell} AS {wide}) "
        f"WHEN regexp_full_match({text}, '{_NUMBER}') AND {_fits(text, digits)} THEN TRY_CAST({text} AS {wide}) END"
    )


def _held(cell: str, before: int, after: int) -> str:
    """Whether so many digits hold the cell's, whatever they are; what is no number then is none in 38 digits either."""
    point = f"instr({cell}, '.')"
    return (
        f"(strlen({cell}) <= {before} OR ({point} BETWEEN 1 AND {before + 1} AND strlen({cell}) - {point} <= {after}))"
    )


def _through_word(cell: str, held: tuple[int, int], wide: str) -> str:
    return f"CAST(TRY_CAST({cell} AS DECIMAL({sum(held)},{held[1]})) AS {wide})"


def _fits(cell: str, digits: int) -> str:
    """Whether no digit but a zero stands more than `digits` places after the point, counting the exponent."""
    fraction = f"regexp_extract({cell}, '\\.([0-9]*)', 1)"
    exponent = f"coalesce(TRY_CAST(regexp_extract({cell}, '[eE]([-+]?[0-9]+)', 1) AS INTEGER), 0)"
    every = f"regexp_replace(regexp_replace({cell}, '[eE].*', ''), '[^0-9]', '', 'g')"
    zeros = f"(length({every}) - length(rtrim({every}, '0')))"
    return f"(ltrim({every}, '0') = '' OR length({fraction}) - {exponent} - {zeros} <= {digits})"


def amount_lenient(cell: str, digits: int) -> str:
    """A number with a sign of a currency, or with thousands apart, where its cents prove which sign is the point.

    `$` needs no cents: who writes dollars has the point before them. `€1.234` is a thousand in one country, and one in
    another, so it is not read.
    """
    text = f"trim({cell})"
    bare = f"regexp_replace({text}, '[$€£¥, ]', '', 'g')"
    either = f"regexp_matches({text}, ',[0-9]{{3}}$|^[^0-9]*[1-9][0-9]{{0,2}}\\.[0-9]{{3}}$')"
    signed = f"(contains({text}, '$') OR (regexp_matches({text}, '[€£¥]') AND NOT {either}))"
    sure = f"({signed} OR regexp_matches({text}, ',[0-9]{{3}}[,.]'))"
    return (
        f"CASE WHEN {sure} AND regexp_full_match({text}, '{_GROUPED}') AND {_fits(bare, digits)} "
        f"THEN TRY_CAST({bare} AS DECIMAL(38,{digits})) END"
    )


def quantity_rounded(cell: str) -> str:
    """A quantity whose digits do not all fit, to the nearest that does. Money is never rounded."""
    text = f"trim({cell})"
    return f"CASE WHEN regexp_full_match({text}, '{_NUMBER}') THEN TRY_CAST({text} AS {SQL_TYPES['quantity']}) END"


def amount_of_double(cell: str, digits: int) -> str:
    """The decimal number that a binary one stands for: the shortest that reads back as the same.

    Of at most 15 digits there is one only, so it is enough to find one that reads back (IEEE 754: 15 decimal digits
    survive); anything longer goes through the engine's shortest text.
    """
    short = f"TRY_CAST({cell} AS {_SHORT})"
    text = f"CAST({cell} AS VARCHAR)"
    return (
        f"CASE WHEN {cell} IS NULL THEN NULL WHEN abs({cell}) < 1000 AND CAST({short} AS DOUBLE) = {cell} "
        f"THEN CAST({short} AS DECIMAL(38,{digits})) ELSE {amount_plain(text, digits)} END"
    )


def moment_plain(cell: str) -> str:
    """A date, or a date and time as ISO 8601 has it; UTC where no zone is said."""
    short = f"TRY_CAST({cell} AS TIMESTAMP)"
    usual = f"(strlen({cell}) IN (10, 19) OR (strlen({cell}) = 20 AND suffix({cell}, 'Z')))"
    shaped = " OR ".join(f"{cell} LIKE '{shape}'" for shape in ("____-__-__ __:__:__", "____-__-__T__:__:__Z"))
    close = f"regexp_replace(trim({cell}), ' ([-+Z])', '\\1')"
    whole = f"regexp_replace({close}, '([T ][0-9]{{2}}:[0-9]{{2}})($|[^:0-9])', '\\1:00\\2')"
    return (
        f"CASE WHEN ({shaped}) AND {cell} BETWEEN '1971' AND '2262' THEN make_timestamptz(epoch_us({short})) "
        f"WHEN {usual} AND {short} BETWEEN {_EARLIEST} AND {_LATEST} THEN make_timestamptz(epoch_us({short})) "
        f"WHEN regexp_full_match(trim({cell}), '{_ISO}') THEN {_likely(f'TRY_CAST({whole} AS TIMESTAMPTZ)')} END"
    )


def moment_lenient(cell: str) -> str:
    """A date with the month first, as `5/1/25`, or without signs; or an hour after 24 o'clock, of the next day."""
    text = f"trim({cell})"
    forms = ", ".join(f"'{form}'" for form in _OTHER_DATES)
    day, *clock = (f"regexp_extract({text}, '{_LATE}', {group})" for group in (1, 2, 3, 4))
    seconds = " + ".join(f"{each} * CAST({part} AS INTEGER)" for each, part in zip((3600, 60, 1), clock, strict=True))
    late = f"TRY_CAST({day} AS TIMESTAMP) + to_seconds({seconds})"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_LATE}') THEN CAST({late} AS TIMESTAMPTZ) "
        f"ELSE {_likely(f'CAST(try_strptime({text}, [{forms}]) AS TIMESTAMPTZ)')} END"
    )


def _likely(moment: str) -> str:
    bounds = f"BETWEEN CAST({_EARLIEST} AS TIMESTAMPTZ) AND CAST({_LATEST} AS TIMESTAMPTZ)"
    return f"CASE WHEN {moment} {bounds} THEN {moment} END"


def tags_plain(cell: str) -> str:
    """Tags of a JSON object; what is not text stays as its JSON."""
    return f"TRY(from_json({cell}, '\"{SQL_TYPES['tags']}\"'))"


def tags_once(tags: str) -> str:
    """Whether the keys of tags stand once each: others would be written, but not read again."""
    return f"list_unique(map_keys({tags})) = cardinality({tags})"


def tags_lenient(cell: str) -> str:
    """Tags of a list of objects with key and value, however these two are capitalised (AWS: Key and Value).

    Or of an object where a key stands twice: the first holds.
    """
    keys = f"json_keys({cell})"
    value = f"json_extract_string({cell}, '$.\"' || tag || '\"')"
    firsts = f"map_from_entries(list_transform(list_distinct({keys}), lambda tag: {{'key': tag, 'value': {value}}}))"
    spelt = {
        name: ", ".join(f"json_extract_string(pair, '$.{each}')" for each in (name, name.title(), name.upper()))
        for name in ("key", "value")
    }
    each = f"{{'key': coalesce({spelt['key']}), 'value': coalesce({spelt['value']})}}"
    pairs = tags_of_pairs(f"list_transform(from_json({cell}, '[\"JSON\"]'), lambda pair: {each})")
    return (
        f"CASE WHEN NOT json_valid({cell}) THEN NULL WHEN json_type({cell}) = 'OBJECT' THEN {firsts} "
        f"WHEN json_type({cell}) = 'ARRAY' THEN {pairs} END"
    )


def tags_of_pairs(pairs: str) -> str:
    """Tags of a list of structures with key and value; of a key that stands twice, the first."""
    named = f"list_filter({pairs}, lambda pair: pair.key IS NOT NULL)"
    keys = f"list_transform({named}, lambda pair: pair.key)"
    first = f"list_filter({named}, lambda pair, place: list_position({keys}, pair.key) = place)"
    return f"CASE WHEN len({named}) > 0 THEN map_from_entries({first}) END"
