"""The names that a pickle may import. What is not here is a finding: a list of bad names can never be complete.

Sources: PyTorch's `torch/_weights_only_unpickler.py` (`_get_allowed_globals`), NumPy's `ndarray.__reduce__` and
`numpy/random/_pickle.py`, SciPy's sparse containers, joblib's `numpy_pickle.py`, skops' `io/_trusted_types.py`
(estimators of scikit-learn and the types inside them), and Python's own value types. Calling any of these with any
argument makes a value, and runs nothing that the pickle brings along. Names of Python 2 stand beside those of today.

Not here, though they look harmless: SciPy's distributions, which run a text of their state (`_parse_arg_template`);
`numpy.memmap`, which opens files; NumPy's `_ufunc_reconstruct`, which imports; and whatever takes a function to call.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["is_allowed"]

_VALUES = "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple"

_NUMPY_TYPES = """bool bool_ byte bytes_ cdouble clongdouble complex128 complex256 complex64 csingle datetime64 double
float128 float16 float32 float64 half int16 int32 int64 int8 int_ intc intp long longdouble longlong matrix mean
object_ recarray record short single str_ timedelta64 ubyte uint uint16 uint32 uint64 uint8 uintc uintp
ulong ulonglong ushort void"""

_UFUNCS = """absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_count bitwise_or
bitwise_xor cbrt ceil conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs
float_power floor floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite
isinf isnan isnat lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor matmul matvec maximum minimum modf multiply negative nextafter not_equal
positive power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square
subtract tan tanh trunc vecdot vecmat"""

_DTYPES = """bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool cdouble cfloat chalf complex128 complex32
complex64 double float float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2
float8_e5m2fnuz float8_e8m0fnu half int int1 int16 int2 int3 int32 int4 int5 int6 int64 int7 int8 long qint32
qint8 quint2x4 quint4x2 quint8 short uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8
per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric"""

_STORAGES = """BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage
DoubleStorage FloatStorage HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage QUInt2x4Storage
QUInt4x2Storage QUInt8Storage ShortStorage"""

_REBUILD = """_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy
_rebuild_meta_tensor_no_storage _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor
_rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_wrapper_subclass"""

_SPARSE = "bsr coo csc csr dia dok lil"

_BY_MODULE = {
    "builtins": _VALUES,
    "__builtin__": f"{_VALUES} long unicode",
    "argparse": "Namespace",
    "types": "SimpleNamespace",
    "collections": "Counter OrderedDict defaultdict deque",
    "copyreg": "_reconstructor",
    "copy_reg": "_reconstructor",
    "_codecs": "encode",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "pathlib": "PurePath PurePosixPath PureWindowsPath PosixPath WindowsPath",
    "numpy": f"dtype ndarray {_NUMPY_TYPES} {_UFUNCS}",
    "numpy.dtypes": "BoolDType Float32DType Float64DType Int32DType Int64DType ObjectDType StringDType",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray _mareconstruct",
    "numpy.random": "Generator RandomState",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random._generator": "Generator",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "torch": f"Size Tensor device {_DTYPES} {_STORAGES}",
    "torch._tensor": "Tensor _rebuild_from_type_v2",
    "torch._utils": _REBUILD,
    "torch.nn.parameter": "Buffer Parameter",
    "torch.serialization": "_get_layout",
    "torch.storage": "TypedStorage UntypedStorage _load_from_bytes",
    "scipy.sparse": " ".join(f"{each}_array {each}_matrix" for each in _SPARSE.split()),
    **{f"scipy.sparse.{mark}{each}": f"{each}_array {each}_matrix" for each in _SPARSE.split() for mark in ("", "_")},
}
"""Names by module, apart by blanks."""

_NUMPY_CORE = {
    "multiarray": "_reconstruct scalar",
    "numeric": "_frombuffer",
    "_multiarray_umath": "_reconstruct scalar",
}

_SKLEARN_MODULE = re.compile(r"sklearn(\.(?!tests?$|tests?\.|conftest)[a-z_][a-z0-9_]*){1,5}", re.ASCII)


@cache
def _allowed() -> frozenset[tuple[str, str]]:
    by_module = dict(_BY_MODULE)
    for core in ("numpy.core", "numpy._core"):
        by_module |= {f"{core}.{module}": names for module, names in _NUMPY_CORE.items()}
    return frozenset((module, name) for module, names in by_module.items() for name in names.split())


@cache
def _estimators() -> frozenset[str]:
    """Classes of scikit-learn. They kept their names over the years, not their modules."""
    text = files(__package__).joinpath("sklearn.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


def is_allowed(module: str, name: str) -> bool:
    """Whether a pickle may import this. Dotted names (`a.b`) walk attributes, and never are."""
    if (module, name) in _allowed():
        return True
    return name in _estimators() and _SKLEARN_MODULE.fullmatch(module) is not None
