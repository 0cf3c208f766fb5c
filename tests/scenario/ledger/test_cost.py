"""Cost by anything and per anything, from two bills and one source of use; statements; business value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.ledger import Basis, Charge
from fairlead.domain.usage import BillLine, CostLine, LineKind
from fairlead.flows.ledger.charged import line_named
from fairlead.flows.ledger.cost import ValueSource, ledger_report
from fairlead.flows.ledger.explaining import explain
from fairlead.flows.ledger.statement import team_statements
from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.windows import Window
from fairlead.meter.ledger.question import CostQuestion, Per
from fairlead.show.outputs.explanation import explanation_tables
from fairlead.show.outputs.ledger_rows import csv_text
from fairlead.show.outputs.statement import statement_csv, statement_page
from tests.scenario.ledger.books import Books, open_books

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: [gpu-1]}
      assign: {team: serving, stage: inference}
      split: {by: {gpu_seconds: 1}, capacity: 3600}
    - name: support
      match: {service: [Support]}
      overhead: {over: team, how: even}
    - name: by-team
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}", stage: training}
"""

GPU = {"ResourceId": "gpu-1", "cost": "3.20"}
SUPPORT = {"ServiceName": "Support", "ResourceId": "", "cost": "1"}
TRAINING = {"Tags": '{"team": "research"}', "cost": "7", "ResourceId": "i-9"}
TAX = {"ChargeCategory": "Tax", "cost": "0.5", "ResourceId": ""}
STRAY = {"ResourceId": "i-5", "cost": "0.000000000001", "ServiceName": "Oddments"}
HOUR = "2026-10-05T10:00:00Z,2026-10-05T11:00:00Z,gpu-1"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """An hour of a GPU that two customers used for half of it, and what else a bill has."""
    with open_books(tmp_path, RULES) as opened:
        opened.load(opened.bill("cloud.csv", GPU, SUPPORT, TRAINING, TAX, STRAY))
        opened.load(
            opened.bill("vendor.csv", {"Tags": '{"team": "research"}', "cost": "2", "BillingCurrency": "EUR"}),
            source="vendor",
        )
        opened.collect(
            f"{HOUR},acme,chat,gpu_seconds,1200",
            f"{HOUR},beta,chat,gpu_seconds,600",
            f"{HOUR},acme,chat,input_tokens,12000000",
            f"{HOUR},acme,chat,output_tokens,3000000",
        )
        yield opened


def _amounts(books: Books, **asked: object) -> dict[tuple[str, ...], Decimal | None]:
    report = books.cost(CostQuestion(**asked))  # type: ignore[arg-type]  # fields of the question
    return {(*row.key.values(), row.currency): row.amount for row in report.rows}


def test_everything_of_the_invoice_is_somewhere(books: Books) -> None:
    """Used, idle, shared, tax and what nobody claims sum to each currency's invoice, and the residual is 0."""
    (dollars,) = [each for each in books.cost(CostQuestion(basis=Basis.BILLED)).bridges if each.currency == "USD"]
    parts = {part.charge: part.amount for part in dollars.parts}
    assert parts == {
        Charge.USED: Decimal("8.6"),
        Charge.IDLE: Decimal("1.6"),
        Charge.SHARED: Decimal(1),
        Charge.TAX: Decimal("0.5"),
        Charge.UNALLOCATED: Decimal("0.000000000001"),
        Charge.RESIDUAL: Decimal(0),
    }
    assert sum(parts.values()) == dollars.invoiced == Decimal("11.700000000001")


def test_a_gpu_is_split_by_the_time_that_each_customer_used_it(books: Books) -> None:
    """1,200 and 600 of 3,600 seconds; the other half is idle, and is nobody's."""
    shares = _amounts(books, by=("customer",), only={"resource": "gpu-1"})
    assert shares == {
        ("acme", "USD"): Decimal("1.066666666666666666666667"),
        ("beta", "USD"): Decimal("0.533333333333333333333333"),
    }


def test_shared_cost_is_added_where_it_is_asked_for(books: Books) -> None:
    """Support is shared by the two teams alike, on top of what each used; euros stay apart."""
    used = _amounts(books, by=("team",))
    assert used["serving", "USD"] == Decimal("1.6")
    with_shared = _amounts(books, by=("team",), include=frozenset({Charge.SHARED}))
    assert with_shared["serving", "USD"] == Decimal("2.1")
    assert with_shared["research", "USD"] == Decimal("7.5")
    assert with_shared["research", "EUR"] == Decimal(2)


def test_cost_per_token_of_what_was_used_and_with_its_idle_time(books: Books) -> None:
    """A thousand tokens of the model: its part of the hour over 15 M tokens."""
    report = books.cost(CostQuestion(by=("model",), per=Per.THOUSAND_TOKENS, only={"model": "chat"}))
    (row,) = report.rows
    assert (row.amount, row.units) == (Decimal("1.6"), Decimal(15_000))
    assert row.unit_cost == Decimal("0.000106666667")


def test_margins_from_a_file_and_from_a_database(books: Books, tmp_path: Path) -> None:
    """Revenue less cost by customer, the same from CSV and from SQL; who is in no row keeps no margin."""
    file = tmp_path / "value.csv"
    file.write_text("customer,revenue,currency\nacme,4.00,USD\n")
    question = CostQuestion(by=("customer",))
    engine = books.world.engine
    report = ledger_report(books.world, question, engine, value=ValueSource(str(file)))
    margins = {row.key["customer"]: row.margin for row in report.rows if row.currency == "USD"}
    assert margins["acme"] == Decimal("2.933333333333333333333333")
    assert margins["beta"] is None
    query = ValueSource("sqlite://", "SELECT 'acme' AS customer, '4.00' AS revenue, 'USD' AS currency")
    asked = ledger_report(books.world, question, engine, value=query)
    assert [row.margin for row in asked.rows] == [row.margin for row in report.rows]


def test_a_statement_sums_to_its_total_in_every_form(books: Books) -> None:
    """The page, the CSV and the total are the same to the last digit; each currency has its own."""
    statements = team_statements(books.world, "2026-10", ["research"])
    assert {each.currency: each.total for each in statements} == {"EUR": Decimal(2), "USD": Decimal("7.5")}
    lines = [line.split(",") for line in statement_csv(statements).splitlines()[1:]]
    assert sum(Decimal(line[-1]) for line in lines if line[2] == "USD") == Decimal("7.5")
    page = statement_page(statements[1])
    assert "<svg" in page
    assert "7.5</td>" in page
    assert "http-equiv" not in page.lower()
    assert "<script" not in page


def test_a_statement_of_an_unknown_team_names_those_that_are_charged(books: Books) -> None:
    """A typing error is told apart from a team that cost nothing."""
    with pytest.raises(NotFoundError, match=r"'reserch'.*research, serving"):
        team_statements(books.world, "2026-10", ["reserch"])


def test_csv_has_every_row_exactly(books: Books) -> None:
    """Decimals in plain notation, one row a group and currency."""
    text = csv_text(books.cost(CostQuestion(by=("team",))))
    assert "serving,USD,1.6," in text
    assert len(text.splitlines()) == 1 + len(_amounts(books, by=("team",)))


def test_a_line_leads_to_its_bill_rows_its_share_and_the_use_behind_it(books: Books) -> None:
    """The first letters of its name do; the share of the pool and the pool itself stand side by side."""
    question = CostQuestion(by=("line", "customer"), only={"resource": "gpu-1", "customer": "acme"})
    (row,) = books.cost(question).rows
    told = explain(books.world, line_named(books.world, row.key["line"][:10]))
    assert told.line["line"] == row.key["line"]
    assert told.rule is not None
    assert told.rule.name == "gpu"
    assert [(each["source_file"], each["source_row"]) for each in told.bills] == [("cloud.csv", 1)]
    assert sum(each["quantity"] for each in told.usage) >= 1200
    assert any("cloud.csv" in str(cell) for table in explanation_tables(told) for line in table.rows for cell in line)
    with pytest.raises(NotFoundError):
        line_named(books.world, "nothing")


def test_a_machine_that_a_bill_has_is_not_counted_twice(tmp_path: Path) -> None:
    """What the meter priced of this machine is in neither side of the bridge then."""
    with open_books(tmp_path, "allocation: {machine: billed}\n") as books:
        window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 5, 0, 5, tzinfo=UTC))
        machine = BillLine(window, 600_000_000, Decimal("0.40"), "USD", "a price")
        line = CostLine(
            window, LineKind.IDLE, "", "", "", "", "", 600_000_000, Decimal("0.40"), "USD", "idle", "a price"
        )
        books.world.lake.publish([], [line], [machine], {"next": "1"})
        books.load(books.bill("cloud.csv", {"cost": "10"}))
        (bridge,) = books.cost(CostQuestion(basis=Basis.BILLED)).bridges
        assert (bridge.invoiced, bridge.parts[-1].amount) == (Decimal(10), Decimal(0))
        (books.folder / "fairlead.yaml").write_text(
            (books.folder / "fairlead.yaml").read_text().replace("billed", "priced")
        )
        books.commit("Count the machine by its price")
        (bridge,) = books.cost(CostQuestion(basis=Basis.BILLED)).bridges
        assert (bridge.invoiced, bridge.parts[-1].amount) == (Decimal("10.4"), Decimal(0))
