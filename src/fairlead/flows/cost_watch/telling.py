"""An event that goes on is an open incident, through which people are told and promotions held."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.anomaly import AnomalySettings, CostKind
from fairlead.flows.cost_watch.acting import act
from fairlead.flows.cost_watch.alerts import Alert, alerts
from fairlead.flows.cost_watch.events import KeptEvent, kept_events
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.world import World

__all__ = ["COST_EVENT", "holding", "incident_kind", "settle", "untell"]

COST_EVENT = "cost-event"
"""How the kinds of these incidents begin; the kind of event stands behind it."""

_MENDS = {
    CostKind.RUNAWAY_JOB: "see what runs, and end what should have ended",
    CostKind.SERVING_CONFIGURATION: "compare the release with the one before it: batch size, cache, replicas",
    CostKind.TRAFFIC_SURGE: "ask the customer, or declare it under `anomalies.plannedLoads`",
    CostKind.PRICE_CHANGE: "compare the price book with what was agreed",
    CostKind.IDLE_GPU: "give back what nobody uses",
    CostKind.RETRY_STORM: "see why requests fail: each is paid for more than once",
    CostKind.TOKENS_PER_REQUEST: "compare prompts and limits with those of the day before",
    CostKind.UNKNOWN: "`fairlead cost --by customer,window` shows where it went",
}


def incident_kind(kind: CostKind) -> str:
    """Kind of the incident of an event of that kind."""
    return f"{COST_EVENT}-{kind.value}"


def settle(world: World, settings: AnomalySettings) -> None:
    """Let incidents be those of the loud events, and take what actions are declared and not taken yet.

    Looked at anew each time, so that no kill between a word or an ending and its incident leaves one behind.
    """
    now = world.clock.now()
    told = set()
    for alert in alerts(kept_events(world)):
        loud, actions = alert.loud(now), settings.actions_for(alert.event.kind)
        if loud and "notify" in actions:
            _tell(world, alert)
            told.add((alert.event.environment, alert.event.model, incident_kind(alert.event.kind)))
        for each in loud:
            act(world, each, actions)
    for incident in world.state.incidents(open_only=True):
        place = (incident.environment, incident.model, incident.kind)
        if incident.kind.startswith(COST_EVENT) and place not in told:
            close_incident(world, incident.kind, environment=incident.environment, model=incident.model)


def _tell(world: World, alert: Alert) -> None:
    """Open its incident; told once, whatever is killed. The id is one of a member: a word about one is about all."""
    event = alert.event
    commit = event.origin.commit if event.origin else ""
    mend = f"{_MENDS[event.kind]}; then `fairlead anomalies ack {alert.members[0].event.id}`"
    place = {"environment": event.environment, "model": event.model}
    open_incident(world, incident_kind(event.kind), event.sentence, mend, commit=commit, **place)


def untell(world: World, alert: Alert) -> None:
    """Close its incident at once."""
    event = alert.event
    close_incident(world, incident_kind(event.kind), environment=event.environment, model=event.model)


def holding(world: World, settings: AnomalySettings, environment: str, model: str) -> Iterator[KeptEvent]:
    """Loud events of a model in an environment that hold its promotions."""
    now = world.clock.now()
    for each in kept_events(world):
        here = (each.event.environment, each.event.model) == (environment, model)
        if here and each.is_loud(now) and "hold" in settings.actions_for(each.event.kind):
            yield each
