"""One pickle, from its first opcode to STOP, through the symbolic machine; joblib's arrays are passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.base import BombError, Budget
from fairlead.check.scanners.feed import CutError, EndlessLineError, Feed
from fairlead.check.scanners.pickle_machine import LimitError, Machine
from fairlead.check.scanners.pickle_memo import MemoLimitError
from fairlead.check.scanners.pickle_operations import apply
from fairlead.check.scanners.pickle_ops import BrokenPickleError, tokens
from fairlead.check.scanners.pickle_values import Array

__all__ = ["Walked", "walk"]

_FRAME, _STACK_GLOBAL = 0x95, 0x93
_SPEND = 1 << 16
_MAX_NESTED = 8
_MAX_PADDING = 16
_WINDOW = 1 << 16


@dataclass(slots=True)
class Walked:
    """What became of a pickle, which stood from offset `begin` of the feed to `end`.

    `trouble` is (rule, why) where it was not followed to its STOP, `missing` the bytes that it then still wanted,
    `endless` whether it ran into a line without an end.
    """

    machine: Machine = field(default_factory=Machine)
    trouble: tuple[str, str] | None = None
    arrays: int = 0
    steps: int = 0
    missing: int = 0
    endless: bool = False
    begin: int = 0
    end: int = 0

    @property
    def over(self) -> bool:
        """Whether it asked for more than is given to a pickle."""
        return self.trouble is not None and self.trouble[0] == "scan/pickle-limit"


def walk(feed: Feed, budget: Budget) -> Walked:
    """Follow one pickle. The feed then stands behind its STOP, or where it broke."""
    walked = Walked(begin=feed.offset)
    try:
        _follow(feed, budget, walked, None, 0)
    except (BrokenPickleError, CutError) as error:
        walked.trouble = ("scan/pickle-broken", f"at byte {feed.offset}: {error}")
        walked.missing = error.missing if isinstance(error, CutError) else 0
    except (LimitError, MemoLimitError, BombError, EndlessLineError) as error:
        walked.trouble = ("scan/pickle-limit", str(error))
        walked.endless = isinstance(error, EndlessLineError)
    walked.end = feed.offset
    return walked


def _follow(feed: Feed, budget: Budget, walked: Walked, shadow: Machine | None, depth: int) -> None:
    machine = walked.machine
    steps, frame_end = 0, 0
    for code, carried in tokens(feed, machine.keeps):
        apply(machine, code, carried)
        steps += 1
        if steps == _SPEND:
            budget.spend_steps(steps)
            walked.steps += steps
            steps = 0
        if shadow is not None:
            shadow = _beside(shadow, machine, code, carried)
        if code == _FRAME and isinstance(carried, int):
            frame_end = feed.offset + carried
        elif machine.built is not None:
            array, machine.built = machine.built, None
            if feed.offset < frame_end:
                raise BrokenPickleError("a frame goes on behind an array of joblib's")
            _pass_array(feed, budget, walked, array, depth)
    budget.spend_steps(steps)
    walked.steps += steps


def _pass_array(feed: Feed, budget: Budget, walked: Walked, array: Array, depth: int) -> None:
    """What joblib reads in the middle of its pickle: raw numbers, or a pickle of objects."""
    walked.arrays += 1
    size = array.raw_size()
    if size is None:
        raise BrokenPickleError("an array of joblib's has no certain size")
    if array.item_size == 0:
        _pass_objects(feed, budget, walked, depth)
        return
    if not array.aligned:
        _judge_numbers(feed, budget, walked.machine)
        feed.skip(size)
        return
    # A plain unpickler would go on with the numbers as opcodes. The padding stops it, as its length is none.
    padding = feed.take(feed.take(1)[0])
    if len(padding) > _MAX_PADDING or padding.strip(b"\xff"):
        raise BrokenPickleError("the padding before an array is none of joblib's")
    feed.skip(size)


def _judge_numbers(feed: Feed, budget: Budget, machine: Machine) -> None:
    """Joblib before 1.2 wrote no padding: a plain unpickler must break in the numbers before it does anything."""
    beside = Walked(machine=machine.shadow())
    try:
        _follow(Feed(BytesIO(feed.peek(_WINDOW)).read), budget, beside, None, _MAX_NESTED)
    except BrokenPickleError:
        if not beside.machine.imports and not beside.machine.said:
            return
    except (CutError, LimitError, MemoLimitError, EndlessLineError):
        pass
    raise BrokenPickleError("numbers can be read as opcodes: save it again with joblib 1.2 or later")


def _pass_objects(feed: Feed, budget: Budget, walked: Walked, depth: int) -> None:
    if depth == _MAX_NESTED:
        raise LimitError(f"its arrays are nested more than {_MAX_NESTED} deep")
    outer = walked.machine
    shadow = outer.shadow()
    budget.spend_steps(len(shadow.memo) // 8)
    inner = Walked()
    try:
        _follow(feed, budget, inner, shadow, depth + 1)
    finally:
        outer.said |= inner.machine.said
        outer.called_import = outer.called_import or inner.machine.called_import
        outer.imports += inner.machine.imports
        outer.within += inner.machine.within
        walked.steps += inner.steps


def _beside(shadow: Machine, machine: Machine, code: int, carried: object) -> Machine | None:
    """Take a plain unpickler along, which knows nothing of joblib: with another memo, names may be others to it.

    Where it takes the same attribute of another module, it fails by itself; another attribute is a trick.
    """
    try:
        apply(shadow, code, carried)
    except (BrokenPickleError, LimitError, MemoLimitError):
        return None
    if code != _STACK_GLOBAL or shadow.imported is None or machine.imported is None:
        return shadow
    read, meant = shadow.imported, machine.imported
    if read.name != meant.name and not is_allowed(read.module, read.name):
        machine.say("scan/pickle-import", str(read))
    return shadow
