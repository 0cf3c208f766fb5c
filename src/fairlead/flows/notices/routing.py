"""Which channels a notice takes, as the routes in fairlead.yaml say. Pure."""

from __future__ import annotations

from fairlead.domain.notification import URGENCIES, Notice, NotificationRoute, Notifications
from fairlead.kernel.path_patterns import name_fits

__all__ = ["channels_of"]


def channels_of(notice: Notice, declared: Notifications) -> tuple[str, ...]:
    """Names of the channels of every route that matches, each once, in the order of declaration.

    Without any route every channel is told everything. A channel that is not declared is left out: `fairlead check`
    refuses a route to it.
    """
    if not declared.routes:
        return tuple(each.name for each in declared.channels)
    wanted = {name for route in declared.routes if _fits(notice, route) for name in route.channels}
    return tuple(each.name for each in declared.channels if each.name in wanted)


def _fits(notice: Notice, route: NotificationRoute) -> bool:
    """A notice of no environment belongs to all of them; one of no owner fits no pattern of owners but `*`."""
    return (
        (not route.kinds or notice.kind in route.kinds)
        and (not route.owners or any(name_fits(pattern, notice.owner) for pattern in route.owners))
        and (not route.environments or notice.environment in {"", *route.environments})
        and URGENCIES.index(notice.urgency) >= URGENCIES.index(route.least)
    )
