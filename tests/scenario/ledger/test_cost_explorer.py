"""Cost Explorer is asked over a real socket, page by page, and its amounts reach the ledger's columns unchanged."""

from __future__ import annotations

import csv
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fairlead.drivers.ledger.cost_explorer import CostQuestion, cost_explorer_client, cost_explorer_file
from fairlead.flows.ledger.fetching import fetch_bill, is_address
from fairlead.flows.ledger.import_result import ImportRequest
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.bills.cost_explorer import COST_EXPLORER, METRICS
from fairlead.testing.progress import no_progress
from tests.unit.meter.bills.converted import converted

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
QUESTION = CostQuestion(SEPTEMBER, OCTOBER, METRICS, ("SERVICE", "LINKED_ACCOUNT"))
WITHOUT_GROUPS = CostQuestion(SEPTEMBER, OCTOBER, METRICS, ())
SEED = "/moto-api/static/ce/cost-and-usage-results"


def group(keys: list[str], cost: str, amortized: str, unit: str = "USD") -> dict[str, Any]:
    """One group as the API answers it, with all of its metrics."""
    costs = {"UnblendedCost": cost, "NetUnblendedCost": cost, "BlendedCost": cost}
    costs |= {"AmortizedCost": amortized, "NetAmortizedCost": amortized}
    metrics = {name: {"Amount": amount, "Unit": unit} for name, amount in costs.items()}
    metrics |= {name: {"Amount": "7.5", "Unit": "N/A"} for name in ("UsageQuantity", "NormalizedUsageAmount")}
    return {"Keys": keys, "Metrics": metrics}


def page(day: int, groups: list[dict[str, Any]], token: str = "", *, estimated: bool = False) -> dict[str, Any]:
    """One page as the API answers it."""
    period = {"Start": f"2026-09-{day:02}", "End": f"2026-09-{day + 1:02}"}
    answer: dict[str, Any] = {
        "ResultsByTime": [{"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": estimated}],
        "DimensionValueAttributes": [{"Value": "444455556666", "Attributes": {"description": "ml-prod"}}],
    }
    return answer | ({"NextPageToken": token} if token else {})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a moto server of its own, with AWS's configuration pointing to it and to nothing else."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    httpx2.post(f"{address}/moto-api/reset")
    yield address
    server.stop()


def seed(address: str, *pages: dict[str, Any]) -> None:
    """Let the server answer with these pages, each to a question of its own."""
    assert httpx2.post(address + SEED, json={"results": list(pages)}).status_code == 201


def read(path: Path) -> list[dict[str, str]]:
    """The rows that were written."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_page_group_and_metric_is_written_as_it_was_sent(aws: str, tmp_path: Path) -> None:
    """Two pages of groups: texts of amounts, names of accounts and the estimated flag arrive unchanged."""
    seed(
        aws,
        page(
            1, [group(["Amazon EC2", "444455556666"], "12.0101516483", "9.5"), group(["Tax", "1"], "-0.10", "0")], "p2"
        ),
        page(2, [group(["Amazon S3", "444455556666"], "0.0000001234", "1E-7")], estimated=True),
    )
    rows = cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "ce.csv")
    written = read(tmp_path / "ce.csv")
    assert rows == len(written) == 3
    assert [row["UnblendedCost"] for row in written] == ["12.0101516483", "-0.10", "0.0000001234"]
    assert [row["Estimated"] for row in written] == ["false", "false", "true"]
    assert [row["LINKED_ACCOUNT_NAME"] for row in written] == ["ml-prod", "", "ml-prod"]
    assert {name: written[0][name] for name in ("TimePeriodStart", "SERVICE", "LINKED_ACCOUNT", "CostUnit")} == {
        "TimePeriodStart": "2026-09-01",
        "SERVICE": "Amazon EC2",
        "LINKED_ACCOUNT": "444455556666",
        "CostUnit": "USD",
    }
    assert set(METRICS) < set(written[0])


def test_what_is_fetched_is_a_bill_of_its_month(aws: str, tmp_path: Path) -> None:
    """`cost-explorer:` gives a file whose rows are FOCUS: billed, amortised, account, service, kind of charge."""
    ec2 = group(["Amazon EC2", "444455556666"], "12.0101516483", "9.5")
    seed(aws, page(1, [ec2, group(["Tax", "444455556666"], "2.5", "2.5", "EUR")], estimated=True))
    path = fetch_bill("cost-explorer:", SEPTEMBER, OCTOBER, tmp_path / "fetched")
    first, tax = converted(COST_EXPLORER, path)
    assert COST_EXPLORER.marks <= set(read(path)[0])
    assert (first["BilledCost"], first["EffectiveCost"], first["BillingCurrency"]) == ("12.0101516483", "9.5", "USD")
    assert (first["SubAccountId"], first["SubAccountName"], first["ServiceName"]) == (
        "444455556666",
        "ml-prod",
        "Amazon EC2",
    )
    assert (first["BillingPeriodStart"], first["BillingPeriodEnd"]) == ("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z")
    assert (first["ChargeCategory"], tax["ChargeCategory"], tax["BillingCurrency"]) == ("Usage", "Tax", "EUR")
    assert first["ChargeDescription"] == "Cost Explorer total of Amazon EC2, estimated"


def test_an_address_is_imported_like_a_file(aws: str, books: World) -> None:
    """Groups in two currencies become rows of the ledger; the sums are those of the texts."""
    groups = [
        group([f"s{number}", "1"], f"{number}.0000000001", "0.5", "USD" if number % 2 else "EUR") for number in range(6)
    ]
    seed(aws, page(1, groups))
    request = ImportRequest("aws", since=SEPTEMBER, until=OCTOBER)
    [file] = import_bills(books, ["cost-explorer:"], request, no_progress).files
    assert file.schema == "aws-cost-explorer"
    assert {currency: sums["BilledCost"] for currency, sums in file.sums.items()} == {
        "USD": Decimal("9.0000000003"),
        "EUR": Decimal("6.0000000003"),
    }
    assert {currency: sums["EffectiveCost"] for currency, sums in file.sums.items()} == {
        "USD": Decimal("1.5"),
        "EUR": Decimal("1.5"),
    }


def test_kinds_of_charges_are_told_where_they_are_asked_for(aws: str, tmp_path: Path) -> None:
    """Grouped by RECORD_TYPE, fees of commitments, credits and tax are what they are, whatever the spelling."""
    kinds = ["Usage", "SavingsPlanRecurringFee", "Savings Plan Recurring Fee", "Credit", "Tax", "Novelty"]
    seed(aws, page(1, [group([kind, "Amazon EC2"], "1", "1") for kind in kinds]))
    path = fetch_bill("cost-explorer:RECORD_TYPE,SERVICE", SEPTEMBER, OCTOBER, tmp_path)
    assert [row["ChargeCategory"] for row in converted(COST_EXPLORER, path)] == [
        *("Usage", "Purchase", "Purchase", "Credit", "Tax"),
        "Novelty",
    ]


def test_a_total_without_groups_is_a_row(aws: str, tmp_path: Path) -> None:
    """A question without groups is answered by totals."""
    total = page(1, [])
    total["ResultsByTime"][0]["Total"] = {"UnblendedCost": {"Amount": "0.0101516483", "Unit": "USD"}}
    seed(aws, total)
    cost_explorer_file(cost_explorer_client(), WITHOUT_GROUPS, tmp_path / "total.csv")
    [row] = read(tmp_path / "total.csv")
    assert row["UnblendedCost"] == "0.0101516483"


def test_an_account_without_cost_has_a_file_without_rows(aws: str, tmp_path: Path) -> None:
    """Nothing to pay is an answer."""
    assert aws
    assert cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "no.csv") == 0
    assert read(tmp_path / "no.csv") == []


def test_pages_that_go_in_circles_end(aws: str, tmp_path: Path) -> None:
    """A page that names itself as the next is an error, and leaves no file."""
    seed(aws, page(1, [group(["a", "b"], "1", "1")], "again"), page(1, [group(["a", "b"], "1", "1")], "again"))
    with pytest.raises(BrokenWorldError, match="page that was just read"):
        cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "ce.csv")
    assert list(tmp_path.iterdir()) == []


def test_one_group_in_two_currencies_is_refused(aws: str, tmp_path: Path) -> None:
    """Currencies are never mixed, not in one row either."""
    mixed = group(["a", "b"], "1", "1")
    mixed["Metrics"]["AmortizedCost"]["Unit"] = "EUR"
    seed(aws, page(1, [mixed]))
    with pytest.raises(BrokenWorldError, match="EUR, USD"):
        cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "ce.csv")


def test_what_aws_refuses_says_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller without the permission is told which one, and the old file stays as it was."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": "AccessDeniedException", "message": "User: x is not authorized"}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    (tmp_path / "ce.csv").write_text("old")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _point(monkeypatch, server.server_address[1])
        with pytest.raises(BrokenWorldError, match="not authorized") as refused:
            cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "ce.csv")
        server.shutdown()
    assert "ce:GetCostAndUsage" in str(refused.value)
    assert (tmp_path / "ce.csv").read_text() == "old"


def test_nobody_there_is_a_broken_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that nobody listens at is said so, without a traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        _point(monkeypatch, free.getsockname()[1])
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(BrokenWorldError, match="did not answer"):
        cost_explorer_file(cost_explorer_client(), QUESTION, tmp_path / "ce.csv")


def _point(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")


@pytest.mark.parametrize(
    ("address", "since", "until", "said"),
    [
        ("cost-explorer:", None, OCTOBER, "--from and --to"),
        ("cost-explorer:", OCTOBER, SEPTEMBER, "later --to"),
        ("cost-explorer:", date(2026, 9, 2), OCTOBER, "--from 2026-09-01"),
        ("cost-explorer:SERVCE", SEPTEMBER, OCTOBER, "one or two of AZ,"),
        ("cost-explorer:AZ,REGION,SERVICE", SEPTEMBER, OCTOBER, "leave out SERVICE"),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_it_is_asked(
    tmp_path: Path, address: str, since: date | None, until: date | None, said: str
) -> None:
    """A span that would replace half a month, or a group that the API has not, is a user's mistake."""
    assert is_address(address)
    with pytest.raises(UsageError) as wrong:
        fetch_bill(address, since, until, tmp_path)
    assert said in str(wrong.value)


def test_amounts_are_summed_exactly(aws: str, tmp_path: Path) -> None:
    """A hundred groups of ten digits: the bill's sum is that of the texts, to the last digit."""
    amounts = [f"{number}.{number:010d}" for number in range(100)]
    seed(aws, page(1, [group([f"s{number}", "1"], amount, amount) for number, amount in enumerate(amounts)]))
    path = fetch_bill("cost-explorer:", SEPTEMBER, OCTOBER, tmp_path)
    billed = sum(Decimal(str(row["BilledCost"])) for row in converted(COST_EXPLORER, path))
    assert billed == sum(Decimal(amount) for amount in amounts)
