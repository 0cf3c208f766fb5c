"""The path from one release to the next as a pure state machine: state and facts in, state and events out."""
