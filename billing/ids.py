"""Public ids of billing: `inv_…`, `pay_…`, `jrn_…`. Made as everywhere in Coko."""

from sync.ids import looks_like, new_id, spelled

__all__ = ["looks_like", "new_id", "spelled"]
