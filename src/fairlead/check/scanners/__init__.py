"""One file per format of a model's files. A scanner reads structure only: nothing from a model file is executed."""
