"""Where a person or a program meets fairlead: the command line, API and pages. Each parses, calls one flow, renders."""
