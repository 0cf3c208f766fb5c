"""What every state store promises. Subclass `StateContract`, and say in `open_store` how a store is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import GENESIS, Actor, Draft, JournalRow, record_text
from fairlead.domain.journal_walk import walk
from fairlead.domain.release import Deployment
from fairlead.ports import StateStore
from fairlead.testing.time import ManualClock

__all__ = ["ANN", "MOMENT", "StateContract", "deployment", "draft", "incident"]

ANN = Actor("ann")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def draft(kind: str = "test.noted", *, model: str = "", environment: str = "", **body: object) -> Draft:
    """A record of Ann's."""
    return Draft(kind, ANN, environment=environment, model=model, body=body)


def deployment(
    release: str = "digits@aaaaaaaaaaaa", *, environment: str = "prod", since: datetime = MOMENT
) -> Deployment:
    """A deployment of the model that the release names."""
    model, _, commit = release.partition("@")
    return Deployment(environment, model, release, commit * 5, commit * 3, since)


def incident(key: str = "prod/digits/unhealthy", message: str = "3 of 3 probes failed") -> Incident:
    """An incident of the model and kind that the key names."""
    environment, model, kind = key.split("/")
    return Incident(key, kind, environment, model, "c" * 40, message, "look at its log", MOMENT)


class StateContract:
    """Tests over a fresh store each; pytest collects those of subclasses."""

    clock: ManualClock
    store: StateStore

    def open_store(self, clock: ManualClock) -> StateStore:
        """A new, empty store."""
        raise NotImplementedError

    def setup_method(self) -> None:
        """Each test has a store of its own."""
        self.clock = ManualClock(MOMENT)
        self.store = self.open_store(self.clock)

    def teardown_method(self) -> None:
        """And closes it."""
        self.store.close()

    def kinds(self) -> list[str]:
        """Kinds of all records, oldest first."""
        return [record.draft.kind for record in self.store.records()]

    def test_records_form_a_chain(self) -> None:
        """Each record names the digest of the one before, and is what was appended."""
        first, second = (self.store.append(draft(place=place)) for place in (1, 2))
        assert (first.sequence, first.before, first.at) == (1, GENESIS, MOMENT)
        assert (second.sequence, second.before) == (2, first.digest)
        assert self.store.records() == [first, second]
        assert self.store.newest(1) == [second]
        assert [seen.faults for seen in walk(self.store.rows())] == [(), ()]

    def test_rows_are_the_text_that_was_hashed(self) -> None:
        """What is stored is the canonical text, and the columns that searches use."""
        record = self.store.append(draft("deployment.live", model="digits", environment="prod", note="é \\ \n"))
        row = JournalRow(1, record_text(record), record.digest, "deployment.live", "prod", "digits")
        assert list(self.store.rows()) == [row]
        assert list(self.store.rows(after=1)) == []

    def test_records_are_found(self) -> None:
        """By kind up to a dot, model, environment, text and place; oldest first, and not more than asked for."""
        kinds = ("deployment.live", "deployments", "deployment", "incident.opened")
        for kind in kinds:
            self.store.append(draft(kind, model="digits", environment="prod", why=f"100%_{kind} was Wanted"))
        self.store.append(draft("deployment.live", model="words", environment="dev"))
        assert [record.sequence for record in self.store.records(kind="deployment")] == [1, 3, 5]
        assert [record.sequence for record in self.store.records(model="words")] == [5]
        assert [record.sequence for record in self.store.records(environment="prod", after=2)] == [3, 4]
        assert [record.sequence for record in self.store.records(text="0%_DEPLOYMENTS")] == [2]
        assert [record.sequence for record in self.store.records(text="wanted", limit=2)] == [1, 2]
        assert self.store.records(text="100.") == []
        assert [record.sequence for record in self.store.search(kind="deployment")] == [5, 3, 1]
        assert [record.sequence for record in self.store.search(model="digits", before=4, limit=2)] == [3, 2]

    def test_going_live_ends_the_release_before(self) -> None:
        """One release is live per model and environment; the others keep their time."""
        later = MOMENT + timedelta(hours=1)
        old, new = deployment("digits@aaaaaaaaaaaa"), deployment("digits@bbbbbbbbbbbb", since=later)
        other = deployment("digits@aaaaaaaaaaaa", environment="dev")
        for one in (old, other, new):
            self.store.go_live(one, draft("deployment.live"))
        assert [it.release for it in self.store.deployments(environment="prod", live=True)] == [new.release]
        assert [it.until for it in self.store.deployments(environment="prod")] == [None, later]
        assert self.store.deployments(model="digits", environment="dev") == [other]
        assert self.kinds() == ["deployment.live"] * 3

    def test_withdrawing_twice_is_once(self) -> None:
        """The end of a deployment is told once."""
        self.store.go_live(deployment(), draft("deployment.live"))
        self.clock.advance(timedelta(minutes=1))
        for _ in range(2):
            self.store.withdraw("prod", "digits", draft("deployment.withdrawn"))
        assert self.store.deployments(live=True) == []
        assert self.store.deployments()[0].until == MOMENT + timedelta(minutes=1)
        assert self.kinds() == ["deployment.live", "deployment.withdrawn"]

    def test_an_incident_is_opened_once(self) -> None:
        """The same message opens nothing; another one renews what is said, and not since when."""
        assert self.store.open_incident(incident(), draft("incident.opened"))
        assert not self.store.open_incident(incident(), draft("incident.opened"))
        worse = incident(message="it does not start")
        assert self.store.open_incident(worse, draft("incident.renewed"))
        assert self.store.incidents() == [worse]
        assert self.kinds() == ["incident.opened", "incident.renewed"]

    def test_an_incident_is_closed_once_and_may_come_back(self) -> None:
        """A closed incident stays in the history; the same key may open again."""
        self.store.open_incident(incident(), draft("incident.opened"))
        self.clock.advance(timedelta(minutes=1))
        assert self.store.close_incident(incident().key, draft("incident.closed"))
        assert not self.store.close_incident(incident().key, draft("incident.closed"))
        assert not self.store.close_incident("prod/digits/other", draft("incident.closed"))
        assert self.store.incidents() == []
        assert self.store.incidents(open_only=False)[0].closed == MOMENT + timedelta(minutes=1)
        assert self.store.open_incident(incident(), draft("incident.opened"))
        assert [it.closed is None for it in self.store.incidents(open_only=False)] == [True, False]
        assert self.kinds() == ["incident.opened", "incident.closed", "incident.opened"]

    def test_suspensions_are_lifted_once(self) -> None:
        """A model has one suspension, the newest; it is lifted once."""
        until = MOMENT + timedelta(days=1)
        for reason in ("holidays", "an audit"):
            self.store.suspend(Suspension("digits", reason, "ann", MOMENT, until), draft("model.suspended"))
        assert [it.reason for it in self.store.suspensions()] == ["an audit"]
        assert self.store.suspensions()[0].until == until
        assert self.store.resume("digits", draft("model.resumed"))
        assert not self.store.resume("digits", draft("model.resumed"))
        assert self.store.suspensions() == []
        assert self.kinds() == ["model.suspended", "model.suspended", "model.resumed"]

    def test_requests_are_numbered(self) -> None:
        """What was asked for is told in order, again and again, from the number on that the reader names."""
        first, second = (self.store.request("sync", model, draft("request.sync")) for model in ("a", "b"))
        assert first < second
        assert self.store.requests(0) == [(first, "sync", "a"), (second, "sync", "b")]
        assert self.store.requests(first) == [(second, "sync", "b")]
        assert self.store.requests(second) == []
        assert self.kinds() == ["request.sync", "request.sync"]

    def test_facts_are_remembered_and_not_journaled(self) -> None:
        """A fact is its newest value, or None."""
        assert self.store.fact("head") is None
        for value in ("one", "two", "two"):
            self.store.put_fact("head", value)
        assert self.store.fact("head") == "two"
        assert self.kinds() == []

    def test_a_fact_comes_with_the_record_that_explains_it(self) -> None:
        """Both or neither; a fact that is known already takes its record as well."""
        for _ in range(2):
            self.store.put_fact("head", "one", draft("commit.followed"))
        assert self.store.fact("head") == "one"
        assert self.kinds() == ["commit.followed", "commit.followed"]

    def test_facts_of_one_kind_are_told_together(self) -> None:
        """By the rest of their key; what only looks alike is not among them."""
        for key in ("verdict/a/1", "verdict/b/2", "verdictx", "other"):
            self.store.put_fact(key, key)
        assert self.store.facts("verdict/") == {"a/1": "verdict/a/1", "b/2": "verdict/b/2"}
