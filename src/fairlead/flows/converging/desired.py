"""What should run, from what Git declares, what is live, and what people hold back, per (environment, model)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fairlead.declare.reader import Declared, DeclaredModel
from fairlead.domain.finding import Finding
from fairlead.domain.incident import Suspension
from fairlead.domain.plan import Desired, Key
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.flows.converging.follow import confirmation, removes_too_much
from fairlead.flows.converging.gate import Judged
from fairlead.flows.rollouts.quarantine import ROLLED_BACK, TAKEN_BACK_MEND, Quarantine
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["NOT_LIVE", "SUSPENDED", "Held", "Holds", "Wanted", "placed", "want"]

_MISSING = "declare/missing-field"
"""Rule that a misspelt field breaks as well, at another line than the mistake is made in."""

_OF_GATE = ("protection/", "policy/")
"""Rules about the rules themselves: while one is broken, no release is judged."""

NOT_LIVE = "git-not-live"
"""Kind of the incident that says why Git is not live."""

SUSPENDED = "suspended"
"""Kind of the incident that says that a person holds a model."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why Git is not live for a model. `kind` is the incident's."""

    message: str
    mend: str
    kind: str = NOT_LIVE
    refused: str = ""
    """Digest of the release that may not run here; '' where it waits for people, or nobody can read what is wanted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should run; where that is not what Git says, why; what is live and is kept until a switch.

    `waiting` are those whose verdict is not known yet.
    """

    desired: Mapping[Key, Desired] = field(default_factory=dict)
    held: Mapping[Key, Held] = field(default_factory=dict)
    standing: Mapping[Key, Desired] = field(default_factory=dict)
    waiting: frozenset[Key] = frozenset()

    def reason(self, key: Key) -> Held | None:
        """Why a model is held: by itself, everywhere (where nobody can read where it belongs), or with all others."""
        return self.held.get(key) or self.held.get(("", key[1])) or self.held.get(("", ""))


@dataclass(frozen=True, slots=True)
class Holds:
    """What is held back or let go. `synced` are (environment, model) that a person released for this commit."""

    suspended: Mapping[str, Suspension] = field(default_factory=dict)
    synced: frozenset[Key] = frozenset()
    confirmed: str = ""
    refused: Mapping[Key, Quarantine] = field(default_factory=dict)
    """Releases that were taken back, where Git may still want them."""
    under_way: Mapping[Key, str] = field(default_factory=dict)
    """Digests of releases with a rollout: whoever let them go need not do so again for a later commit."""


@dataclass(frozen=True, slots=True)
class _Scene:
    world: World
    commit: Commit
    judged: Judged
    live: Mapping[Key, Deployment]
    running: Mapping[str, set[Key]]
    blocking: Mapping[str, tuple[Finding, ...]]
    releases: Mapping[str, Release]
    holds: Holds

    @property
    def declared(self) -> Declared:
        return self.judged.declared


def want(world: World, commit: Commit, judged: Judged, live: Iterable[Deployment], holds: Holds) -> Wanted:
    """Desired state at `commit`. A model that is refused, held or not yet judged stays on the release that is live."""
    scene = _scene(world, commit, judged, live, holds)
    broken = _broken_workspace(scene)
    if broken:
        return replace(_stay(scene, dict.fromkeys(scene.live, broken)), held={("", ""): broken})
    desired: dict[Key, Desired] = {}
    held = dict(_guarded_removals(scene))
    waiting: set[Key] = set()
    for model in scene.declared.models.values():
        for key, answer in _answers(scene, model).items():
            if answer is None:
                waiting.add(key)
            elif isinstance(answer, Held):
                held[key] = answer
            else:
                desired[key] = answer
    for name in scene.blocking.keys() - scene.declared.models.keys() - {""}:
        held["", name] = _refused(scene.blocking[name])  # something stands where a model should, and is none
    kept = _stay(scene, held)
    desired |= {key: stay for key in waiting if (stay := _last_good(scene, key)) is not None}
    changing = (
        key for key, each in desired.items() if key in scene.live and scene.live[key].digest != each.release.digest
    )
    standing = {key: stay for key in changing if (stay := _last_good(scene, key)) is not None}
    return Wanted({**desired, **kept.desired}, kept.held, standing, frozenset(waiting))


def placed(declared: Declared) -> set[Key]:
    """Every model in every environment where it is declared."""
    models = declared.models.values()
    return {(environment, model.name) for model in models if model.spec for environment in model.spec.environments}


def _scene(world: World, commit: Commit, judged: Judged, live: Iterable[Deployment], holds: Holds) -> _Scene:
    """Grouped by model once: a look at ten thousand of them asks for each."""
    deployments = {(each.environment, each.model): each for each in live}
    running: dict[str, set[Key]] = {}
    for key in deployments:
        running.setdefault(key[1], set()).add(key)
    blocking: dict[str, tuple[Finding, ...]] = {}
    for finding in judged.declared.findings:
        if finding.blocks:
            blocking[finding.model] = (*blocking.get(finding.model, ()), finding)
    releases = world.releases.releases(commit.id, judged.declared)
    return _Scene(world, commit, judged, deployments, running, blocking, releases, holds)


def _broken_workspace(scene: _Scene) -> Held | None:
    """Why nothing may change: the workspace cannot be read, or the rules that it is judged by are not to be had."""
    blocking = scene.blocking.get("", ())
    if scene.declared.workspace is not None:
        of_gate = tuple(each for each in blocking if each.rule.startswith(_OF_GATE))
        return _refused(of_gate) if of_gate else None
    return _refused(blocking) if blocking else Held("the workspace cannot be read", "fairlead check")


def _guarded_removals(scene: _Scene) -> Iterable[tuple[Key, Held]]:
    """What Git no longer declares and yet stays: held by a person, or too much at once for nobody to ask."""
    models = scene.declared.models
    gone = scene.running.keys() - models.keys()
    unconfirmed = removes_too_much(set(scene.running), set(models)) and scene.holds.confirmed != scene.commit.id
    message = f"the commit would remove {len(gone)} of {len(scene.running)} models: {', '.join(sorted(gone)[:5])}"
    for key in scene.live:
        spec = models[key[1]].spec if key[1] in models else None
        if key[1] in models and (spec is None or key[0] in spec.environments):
            continue
        hold = _hold(scene, key)
        if hold is not None:
            yield key, hold
        elif unconfirmed and key[1] in gone:
            yield key, Held(message, f"if it is meant: {confirmation(scene.commit.id)}", "removal-unconfirmed")


def _answers(scene: _Scene, model: DeclaredModel) -> dict[Key, Desired | Held | None]:
    """What to do for a model wherever it is declared; None where the verdict is not known yet."""
    blocking = tuple(each for each in scene.blocking.get(model.name, ()) if not each.environment)
    if blocking or model.spec is None or model.lock is None:
        here = {(name, model.name) for name in model.spec.environments} if model.spec else set()
        here |= scene.running.get(model.name, set())
        pending = (model.name, scene.commit.id) in scene.judged.pending
        return dict.fromkeys(here or {("", model.name)}, None if pending else _refused(blocking))
    return {(name, model.name): _answer(scene, model, name) for name in model.spec.environments}


def _answer(scene: _Scene, model: DeclaredModel, environment: str) -> Desired | Held | None:
    spec = model.spec
    if spec is None:
        message = "a model without a spec is refused before this"
        raise ValueError(message)
    pinned = spec.environments[environment].commit
    ask = (model.name, pinned or scene.commit.id)
    if ask in scene.judged.pending:
        return None
    try:
        release = scene.world.releases.release(model.name, pinned) if pinned else scene.releases.get(model.name)
    except NotFoundError as error:
        return Held(str(error), "mend the placement's commit, or remove it")
    if release is None:
        return Held(f"commit {pinned} declares no sound release of {model.name}", "choose another commit")
    taken_back = scene.holds.refused.get((environment, model.name))
    if taken_back is not None and taken_back.digest == release.digest:
        return _taken_back(taken_back)
    told = scene.judged.pinned.get(ask, ()) if pinned else scene.blocking.get(model.name, ())
    refused = tuple(each for each in told if each.blocks and each.environment in {"", environment})
    live = scene.live.get((environment, model.name))
    if refused and (live is None or live.digest != release.digest):
        return replace(_refused(refused, f"commit {pinned}: " if pinned else ""), refused=release.digest)
    settled = live is not None and live.digest == release.digest
    hold = None if settled else _hold(scene, (environment, model.name), release.digest)
    replicas = spec.replicas_in(environment)
    if live is not None and live.digest == release.digest:
        replicas = min(replicas, scene.judged.most.get((environment, model.name), replicas))
    return hold or Desired(environment, release, replicas)


def _taken_back(refused: Quarantine) -> Held:
    """It comes again only by another commit: a fix on top, or the revert and then a person's own decision."""
    return Held(refused.message, TAKEN_BACK_MEND, ROLLED_BACK, refused.digest)


def _hold(scene: _Scene, key: Key, digest: str = "") -> Held | None:
    """Why a change of a model waits for a person: a suspension, or an environment that is followed by hand."""
    environment, model = key
    suspension = scene.holds.suspended.get(model)
    if suspension:
        message = f"suspended by {suspension.actor} until {suspension.until:%Y-%m-%d %H:%M} UTC: {suspension.reason}"
        return Held(message, f"fairlead resume {model}", SUSPENDED)
    workspace = scene.declared.workspace
    declared = workspace.environment(environment) if workspace else None
    begun = {key} if digest and scene.holds.under_way.get(key) == digest else set()
    if declared is not None and declared.sync == "manual" and key not in scene.holds.synced | begun:
        return Held(f"{environment} waits for a person", f"fairlead sync {model}", "waiting-for-sync")
    return None


def _stay(scene: _Scene, held: Mapping[Key, Held]) -> Wanted:
    desired = {key: stay for key in held if (stay := _last_good(scene, key)) is not None}
    return Wanted(desired, dict(held))


def _last_good(scene: _Scene, key: Key) -> Desired | None:
    live = scene.live.get(key)
    if live is None:
        return None
    try:
        release = scene.world.releases.release(live.model, live.release.rpartition("@")[2])
    except NotFoundError:
        return None  # a forced push dropped its commit, and Git has forgotten it: what runs is left alone
    if release is None:
        return None
    declared = scene.declared.models.get(key[1])
    return Desired(key[0], release, release.replicas_in(key[0], declared.spec if declared else None))


def _refused(findings: tuple[Finding, ...], at: str = "") -> Held:
    if not findings:
        return Held("it cannot be read", "fairlead check")
    first = min(findings, key=lambda each: each.rule == _MISSING)
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return Held(f"{at}{first.place}: {first.message}{more}", first.mend)
