"""What infrastructure costs in a month, in components: workloads by a price book, cloud resources by list prices."""

from fairlead.plan.infrastructure.resources import price_resource, priced_types
from fairlead.plan.infrastructure.workloads import price_workload

__all__ = ["price_resource", "price_workload", "priced_types"]
