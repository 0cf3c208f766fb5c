"""Whether a bill conforms to FOCUS: its rules as data, asked of a file as SQL, answered rule by rule."""
