"""Bills of any provider, as rows of FOCUS: one file per schema, each a table of expressions."""
