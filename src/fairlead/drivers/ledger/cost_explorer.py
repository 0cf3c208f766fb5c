"""AWS Cost Explorer, asked for what an account cost: its answers as a table that an import reads like any other bill.

The amounts are written as the texts that AWS sends, so that no digit of them is lost.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.kernel.errors import BrokenWorldError, UsageError

__all__ = ["MOST_PAGES", "CostQuestion", "cost_explorer_client", "cost_explorer_file"]

MOST_PAGES = 10_000
"""Answers to one question. A page has hundreds of groups; who needs more pages wants the report, not the API."""

_CONNECT, _READ, _ATTEMPTS = 10, 60, 4
"""Seconds to be reached in and to answer in, and how often a question is asked where AWS is busy."""

_COST = "Cost"
_MENDS: Mapping[str, str] = {
    "AccessDeniedException": "allow ce:GetCostAndUsage to the caller",
    "BillExpirationException": "ask for a span that Cost Explorer still has",
    "DataUnavailableException": "Cost Explorer needs a day after it is enabled; and it has 14 months of days",
    "LimitExceededException": "ask again later: Cost Explorer counts the questions of an account",
}


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """What is asked: costs from `since` to before `until` (days, UTC), each metric for each group, by day or month.

    At most two of `groups`; the API takes no more.
    """

    since: date
    until: date
    metrics: Sequence[str]
    groups: Sequence[str]
    granularity: Literal["DAILY", "MONTHLY"] = "DAILY"


def cost_explorer_client() -> Any:  # noqa: ANN401 - boto3's clients have no type
    """Cost Explorer, as AWS's own configuration says (AWS_PROFILE and others). UsageError where it cannot be read."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise UsageError("Cost Explorer needs boto3", mend="pip install 'fairlead[aws]'") from error
    config = Config(
        connect_timeout=_CONNECT, read_timeout=_READ, retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}
    )
    try:
        return boto3.Session().client("ce", region_name="us-east-1", config=config)
    except BotoCoreError as error:
        raise UsageError(f"AWS's configuration: {error}", mend="see `aws configure`") from error


def cost_explorer_file(client: Any, question: CostQuestion, path: Path) -> int:  # noqa: ANN401 - boto3's client
    """Write the answer as CSV; how many rows it has. UsageError, BrokenWorldError where AWS does not answer."""
    if question.since >= question.until:
        raise UsageError(f"no day from {question.since} to before {question.until}", mend="give a later end")
    heading = [*_PERIOD, *question.groups, *_named(question), "CostUnit", *question.metrics]
    rows = 0
    with whole_file(path) as place, place.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, heading, restval="", lineterminator="\n")
        table.writeheader()
        for row in _rows(client, question):
            table.writerow(row)
            rows += 1
    return rows


_PERIOD = ("TimePeriodStart", "TimePeriodEnd", "Estimated")


def _named(question: CostQuestion) -> list[str]:
    return ["LINKED_ACCOUNT_NAME"] if "LINKED_ACCOUNT" in question.groups else []


def _rows(client: Any, question: CostQuestion) -> Iterator[dict[str, str]]:  # noqa: ANN401 - boto3's client
    for page in _pages(client, question):
        names = {str(one["Value"]): str(one["Attributes"].get("description", "")) for one in _attributes(page)}
        for result in page["ResultsByTime"]:
            period = result["TimePeriod"]
            common = dict(zip(_PERIOD, (period["Start"], period["End"], str(result["Estimated"]).lower()), strict=True))
            for keys, metrics in _groups(result):
                row = {**common, **dict(zip(question.groups, keys, strict=False))}
                if "LINKED_ACCOUNT" in row:
                    row["LINKED_ACCOUNT_NAME"] = names.get(row["LINKED_ACCOUNT"], "")
                yield {**row, **_amounts(metrics)}


def _groups(result: Mapping[str, Any]) -> Iterator[tuple[Sequence[str], Mapping[str, Any]]]:
    """Each group of a period; the period's total, where the question had no groups."""
    if result.get("Groups"):
        yield from ((group["Keys"], group["Metrics"]) for group in result["Groups"])
    elif result.get("Total"):
        yield (), result["Total"]


def _amounts(metrics: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    units = {value.get("Unit", "") for name, value in metrics.items() if name.endswith(_COST)}
    if len(units) > 1:
        raise BrokenWorldError(f"Cost Explorer mixes currencies in one group: {', '.join(sorted(units))}")
    return {"CostUnit": next(iter(units), ""), **{name: value["Amount"] for name, value in metrics.items()}}


def _attributes(page: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = page.get("DimensionValueAttributes") or ()
    return found


def _pages(client: Any, question: CostQuestion) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - boto3's client
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": question.since.isoformat(), "End": question.until.isoformat()},
        "Granularity": question.granularity,
        "Metrics": list(question.metrics),
    }
    if question.groups:
        asked["GroupBy"] = [{"Type": "DIMENSION", "Key": group} for group in question.groups]
    for _ in range(MOST_PAGES):
        page = _page(client, asked)
        yield page
        token = page.get("NextPageToken")
        if not token:
            return
        if token == asked.get("NextPageToken"):
            raise BrokenWorldError("Cost Explorer names the page that was just read as the next one")
        asked["NextPageToken"] = token
    raise BrokenWorldError(f"Cost Explorer has more than {MOST_PAGES} pages", mend="ask for fewer days or groups")


def _page(client: Any, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401 - boto3's client
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        page: Mapping[str, Any] = client.get_cost_and_usage(**asked)
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        what = f"Cost Explorer refuses: {code}: {told.get('Message', '')}"
        raise BrokenWorldError(what, mend=_MENDS.get(code, "")) from error
    except BotoCoreError as error:
        raise BrokenWorldError(f"Cost Explorer did not answer: {error}", mend="see `aws configure`") from error
    return page
