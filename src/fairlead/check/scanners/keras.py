"""What a Keras model's JSON would make Keras run: Lambda layers, functions and classes from any module, file reads.

The JSON stands in `config.json` of a .keras archive, in HDF5's `model_config`, or in SavedModel's metadata. It is
searched as text while it streams, so that neither its container nor its nesting matters.

Sources: `keras/src/saving/serialization_lib.py` (`_retrieve_class_or_fn`), CVE-2024-3660 (Lambda in old formats),
CVE-2025-1550 and CVE-2025-8747 (modules and functions by name), CVE-2025-12058 (vocabularies read from paths).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.check.scanners.base import Place, Problem, shown

__all__ = ["KerasWatch"]

_OVERLAP = 1 << 10
_MAX_SEEN = 20
_MEND = "save the model without it, or convert the model to ONNX; do not load it with safe_mode=False"
_MODULES = re.compile(
    rb"builtins|(tf_keras|tensorflow\.keras|tensorflow\.python\.keras|keras|keras_hub|keras_nlp|keras_cv)(\.src)?"
    rb"(\.(activations|applications|constraints|dtype_policies|engine|initializers|layers|legacy|losses|metrics|"
    rb"mixed_precision|models|ops|optimizers|quantizers|random|regularizers|tokenizers)(\.[a-z0-9_]+)*)?"
)
"""Modules of layers and of what layers are made of. `keras.utils` and `keras.saving` reach further."""

_NAMED = rb'"(?:class_name|registered_name)"\s*:\s*"(?:[^"\\]{0,80}>)?'
_SEARCHES = {
    "a Lambda layer, which is Python code": re.compile(_NAMED + rb'Lambda"'),
    "a layer that loads another model file": re.compile(_NAMED + rb'(?:TorchModuleWrapper|TFSMLayer)"'),
    "a function in bytecode": re.compile(rb'"(?:class_name|function_type)"\s*:\s*"(?:__lambda__|lambda)"'),
    "a function of Python's own": re.compile(
        rb'"config"\s*:\s*"(?:eval|exec|compile|open|getattr|setattr|delattr|globals|vars|input|breakpoint|__\w+__)"'
    ),
    "a vocabulary that is read from a path": re.compile(rb'"vocabulary"\s*:\s*"'),
}
_ESCAPED = re.compile(rb"\\u00((?!22|5[cC])[2-7][0-9a-fA-F])")
_WIDE = (b"l\x00a\x00s\x00s", b"o\x00d\x00u\x00l", b"l\x00\x00\x00a\x00\x00\x00s", b"o\x00\x00\x00d\x00\x00\x00u")
_MODULE = re.compile(rb'"module"\s*:\s*"([^"]{0,200})"')
_LAYERS = re.compile(rb'"class_name"\s*:')
_ANCHORS = (b'_name"', b'"module"', b'"function_type"', b'"vocabulary"', b"\\u00")


class KerasWatch:
    """Sees bytes pass, and notes what Keras would run. `layers`: whether there was a description at all."""

    def __init__(self) -> None:
        self.layers = False
        self._tail = b""
        self._found: dict[str, None] = {}

    def see(self, chunk: bytes) -> None:
        """Search what comes, and what stands across its edge."""
        window = self._tail + chunk
        self._tail = window[-_OVERLAP:]
        if any(word in window for word in _WIDE):
            # JSON may be in two or four bytes a letter.
            window = window.replace(b"\x00", b"")
        if not any(anchor in window for anchor in _ANCHORS):
            return
        window = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), window)
        self.layers = self.layers or _LAYERS.search(window) is not None
        for what, pattern in _SEARCHES.items():
            if pattern.search(window):
                self._found[what] = None
        for found in _MODULE.finditer(window):
            if not _MODULES.fullmatch(found[1]) and len(self._found) < _MAX_SEEN:
                self._found[f"something from the module `{shown(found[1].decode('utf-8', 'replace'))}`"] = None

    def problems(self, place: Place) -> Iterator[Problem]:
        """What was noted, where the text describes layers."""
        for what in self._found if self.layers else ():
            yield Problem("scan/keras-code", f"`{place.label}` has Keras run {what}", _MEND)
