"""Parts of `fairlead test`: the server on its own, and what is asked of it."""
