"""GGUF and ONNX, bent where a reader trusts them; written without having seen the scanner."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

import onnx
from onnx import TensorProto, helper

from tests.corpus.case import Case
from tests.corpus.pack import patched

_ONNX_FILES = frozenset({"sub/weights.bin", "weights.bin", "model.onnx"})
_LLAMA = (
    "{{- bos_token }}{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}"
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
    "{%- set date_string = strftime_now('%d %b %Y')"
    " %}"
    "{%- endif %}{%- endif %}{%- set ns = namespace(system_message='') %}"
    "{%- if messages[0]['role'] == 'system' %}{%- set ns.system_message = messages[0]['content']|trim %}"
    "{%- set messages = messages[1:] %}{%- endif %}{%- for message in messages %}"
    "{%- if not (message.role == 'ipython' or 'tool_calls' in message) %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    " + message['content'].split('</think>')[-1] + '<|eot_id|>' }}"
    "{%- elif message.tool_calls|length != 1 %}{{- raise_exception('This model takes one call at once') }}"
    "{%- else %}{{- message.tool_calls[0].function.arguments | tojson }}{%- endif %}{%- endfor %}"
)


def _string(value: str) -> bytes:
    """A text of GGUF."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def _entry(key: str, value: str | int | list[str]) -> bytes:
    """A key and its value."""
    if isinstance(value, str):
        return _string(key) + struct.pack("<I", 8) + _string(value)
    if isinstance(value, int):
        return _string(key) + struct.pack("<II", 4, value)
    return _string(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_string, value))


def gguf(
    changed: Mapping[str, str | int] | None = None,
    *,
    entries: int | None = None,
    tensors: int = 1,
    shape: tuple[int, ...] = (8,),
    kind: int = 0,
    offset: int = 0,
) -> bytes:
    """A GGUF file of version 3 with one tensor of floats, and some of its facts changed."""
    facts: dict[str, str | int | list[str]] = {"general.architecture": "llama", "general.alignment": 32}
    facts["tokenizer.ggml.tokens"] = ["<s>", "a"]
    facts["tokenizer.chat_template"] = _LLAMA
    facts.update(changed or {})
    count = len(facts) if entries is None else entries
    head = struct.pack("<4sIQQ", b"GGUF", 3, tensors, count) + b"".join(_entry(*fact) for fact in facts.items())
    head += _string("token_embd.weight") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + bytes(-len(head) % 32) + bytes(32)


def _bent(name: str, attack: Callable[[], bytes]) -> Case:
    """A case of GGUF with a fact changed."""
    return Case(f"blind gguf: {name}", "model-q4.gguf", attack, gguf)


def _template(name: str, attack: str, benign: str, key: str = "tokenizer.chat_template") -> Case:
    """A case of GGUF with an expression in its template."""
    both = [_LLAMA + "{{ " + one + " }}" for one in (attack, benign)]
    return Case(f"blind gguf: {name}", "model.gguf", lambda: gguf({key: both[0]}), lambda: gguf({key: both[1]}))


def external(location: str, **more: str) -> TensorProto:
    """A tensor whose numbers lie in a file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": "0", "length": "8", **more}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def graph(name: str, *nodes: onnx.NodeProto, weights: tuple[TensorProto, ...] = ()) -> onnx.GraphProto:
    """A graph from x to y."""
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])]
    return helper.make_graph(list(nodes) or [helper.make_node("Relu", ["x"], ["y"])], name, given, made, list(weights))


def model(
    graph: onnx.GraphProto, functions: tuple[onnx.FunctionProto, ...] = (), domains: tuple[str, ...] = ()
) -> bytes:
    """A model."""
    sets = [helper.make_opsetid(domain, 18 if not domain else 1) for domain in ("", *domains)]
    return bytes(helper.make_model(graph, opset_imports=sets, functions=list(functions)).SerializeToString())


def branch(location: str) -> bytes:
    """A tensor in a graph within a graph."""
    inner = graph("inner", weights=(external(location),))
    inner.ClearField("input")
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    return model(graph("outer", node))


def _constant(location: str) -> bytes:
    """A tensor in an attribute."""
    return model(graph("g", helper.make_node("Constant", [], ["y"], value=external(location))))


def _sparse(location: str) -> bytes:
    """A tensor that is the values of a sparse one."""
    whole = graph("g")
    places = helper.make_tensor("i", TensorProto.INT64, [2], [0, 1])
    whole.sparse_initializer.append(helper.make_sparse_tensor(external(location), places, [4]))
    return model(whole)


def _function(operation: str, domain: str) -> bytes:
    """A model with a function of its own, whose body is one operation."""
    node = helper.make_node(operation, ["x"], ["y"], domain=domain)
    sets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.contrib", 1)]
    function = helper.make_function("own", "Twice", ["x"], ["y"], [node], sets)
    return model(graph("g", helper.make_node("Twice", ["x"], ["y"], domain="own")), (function,), ("own",))


def _operation(name: str, domain: str) -> bytes:
    """A model with one operation."""
    return model(graph("g", helper.make_node(name, ["x"], ["y"], domain=domain)), domains=(domain,) if domain else ())


def weight(location: str, **more: str) -> bytes:
    """A model with one weight."""
    return model(graph("g", weights=(external(location, **more),)))


def _onnx_case(name: str, attack: Callable[[], bytes], benign: Callable[[], bytes]) -> Case:
    """A case of ONNX."""
    return Case(f"blind onnx: {name}", "model.onnx", attack, benign, files=_ONNX_FILES)


CASES = [
    _template("a class's globals", "cycler.__init__.__globals__.os", "cycler('a', 'b').next()"),
    _template("a name in pieces", "''['__cla' ~ 'ss__']", "''['na' ~ 'me']"),
    _template("a name with escapes", "''|attr('\\x5f\\x5fclass\\x5f\\x5f')", "messages|map(attribute='role')|join"),
    _template("a name that is joined", "''|attr(['_'*2,'class','_'*2]|join)", "['a'*2,'class','a'*2]|join"),
    _template("a format that reaches in", "'{0.__class__.__mro__}'.format('')", "'{0}'.format('')"),
    _template(
        "code in another template", "lipsum.__globals__['os'].listdir()", "tools", "tokenizer.chat_template.tool_use"
    ),
    _template("a word that is only a text", "x.__class__", "'Write __class__ in Python.'"),
    _template(
        "globals of a macro of its own",
        "say('a') }}{% macro say(x) %}{{ x }}{% endmacro %}{{ say.__globals__",
        "say('a') }}{% macro say(x) %}{{ x }}{% endmacro %}"
        "{% for k, _v in tools.items() %}{{ loop.index0 ~ k }}{% endfor %}{{ tools is mapping",
    ),
    Case(
        "blind gguf: a key that is there twice",
        "model.gguf",
        lambda: gguf().replace(
            _entry("general.alignment", 32), _entry("tokenizer.chat_template", "{{ ''.__class__ }}")
        ),
        lambda: gguf().replace(_entry("general.alignment", 32), _entry("general.name", "{{ ''.__class__ }}")),
    ),
    _bent("entries without end", lambda: gguf(entries=1 << 60)),
    _bent("tensors without end", lambda: gguf(tensors=1 << 60)),
    _bent("a tensor behind the file's end", lambda: gguf(offset=1 << 40)),
    _bent("a shape that overflows", lambda: gguf(shape=(1 << 33, 1 << 33))),
    _bent("more dimensions than there are", lambda: gguf(shape=(1,) * 9)),
    _bent("no alignment", lambda: gguf({"general.alignment": 0})),
    _bent("a type that does not exist", lambda: gguf(kind=4096)),
    Case(
        "blind gguf: a text longer than the file",
        "m.gguf",
        lambda: patched(gguf(), _string("llama"), struct.pack("<Q", 1 << 62) + b"llama"),
        gguf,
    ),
    Case(
        "blind gguf: a program of another kind", "m.gguf", lambda: b"MZ" + bytes(62) + b"PE\x00\x00" + bytes(64), gguf
    ),
    _onnx_case(
        "a path that climbs in its middle",
        lambda: weight("sub/../../weights.bin"),
        lambda: weight("sub/../weights.bin"),
    ),
    _onnx_case("a path with the other slash", lambda: weight("..\\..\\weights.bin"), lambda: weight("sub/weights.bin")),
    _onnx_case("an absolute path", lambda: weight("/etc/passwd"), lambda: weight("weights.bin")),
    _onnx_case("a drive", lambda: weight("C:weights.bin"), lambda: weight("weights.bin")),
    _onnx_case("a path in a graph within", lambda: branch("../weights.bin"), lambda: branch("weights.bin")),
    _onnx_case("a path in an attribute", lambda: _constant("../weights.bin"), lambda: _constant("weights.bin")),
    _onnx_case("a path in a sparse tensor", lambda: _sparse("../weights.bin"), lambda: _sparse("weights.bin")),
    _onnx_case("a base path", lambda: weight("weights.bin", basepath="/etc"), lambda: weight("weights.bin")),
    _onnx_case(
        "an offset below nothing",
        lambda: weight("weights.bin", offset="-4"),
        lambda: weight("weights.bin", offset="4096"),
    ),
    _onnx_case(
        "Python as an operation",
        lambda: _operation("PyOp", "ai.onnx.contrib"),
        lambda: _operation("Normalizer", "ai.onnx.ml"),
    ),
    _onnx_case(
        "an operation of a stranger",
        lambda: _operation("Gelu", "com.example.runtime"),
        lambda: _operation("Gelu", "com.microsoft"),
    ),
    _onnx_case("Python within a function", lambda: _function("PyOp", "ai.onnx.contrib"), lambda: _function("Relu", "")),
]
