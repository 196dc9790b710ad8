"""8-bit convolutions with signed inputs, where that is what the processor multiplies fastest.

Dynamic quantisation leaves an ONNX model with unsigned weights and unsigned inputs. The dot-product instructions of x86
(VNNI) multiply unsigned by signed bytes; without a signed side ONNX Runtime falls back to 16-bit arithmetic. Inputs and their
zero point moved down by 128 give the same sums, bit by bit, and a sentence costs the voice a third less.

Only the few fields of the ONNX format (onnx.proto3) that are read or written are declared; protobuf keeps the others.
"""

from functools import cache
from pathlib import Path
from typing import Any

_INT8, _INT64, _INT_ATTRIBUTE = 3, 7, 2  # TensorProto.DataType, AttributeProto.AttributeType
_PACKAGE = "hotline.onnx"
_FIELDS: dict[str, dict[str, tuple[int, str, bool]]] = {  # message -> field -> (number, type, repeated)
    "Attribute": {"name": (1, "string", False), "i": (3, "int64", False), "type": (20, "int32", False)},
    "Node": {
        "input": (1, "string", True),
        "output": (2, "string", True),
        "op_type": (4, "string", False),
        "attribute": (5, "Attribute", True),
    },
    "Graph": {"node": (1, "Node", True)},
    "Model": {"graph": (7, "Graph", False)},
}


def pays(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Does this processor have the instructions? Without them signed inputs would be slower and could overflow."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags)


def signed_inputs(model: bytes) -> bytes:
    """The ONNX model with every ConvInteger fed signed bytes; it computes the same."""
    whole = _message("Model").FromString(model)
    nodes = whole.graph.node
    quantised = {node.output[0]: node for node in nodes if node.op_type == "DynamicQuantizeLinear"}
    signed: set[str] = set()
    for node in list(nodes):
        if node.op_type != "ConvInteger" or node.input[0] not in quantised:
            continue
        values = node.input[0]
        _, scale, zero = quantised[values].output
        if values not in signed:
            signed.add(values)
            _add_signed(nodes, quantised[values].input[0], values, scale, zero)
        node.input[0], node.input[2] = f"{values}:signed", f"{values}:signed-zero"
    return bytes(whole.SerializeToString())


def _add_signed(nodes: Any, source: str, values: str, scale: str, zero: str) -> None:
    """The zero point less 128, and `source` quantised with it."""
    _add(nodes, "Cast", [zero], f"{values}:zero", to=_INT64)
    _add(nodes, "Constant", [], f"{values}:128", value_int=128)
    _add(nodes, "Sub", [f"{values}:zero", f"{values}:128"], f"{values}:moved")
    _add(nodes, "Cast", [f"{values}:moved"], f"{values}:signed-zero", to=_INT8)
    _add(nodes, "QuantizeLinear", [source, scale, f"{values}:signed-zero"], f"{values}:signed")


def _add(nodes: Any, operator: str, inputs: list[str], output: str, **attributes: int) -> None:
    node = nodes.add(op_type=operator, input=inputs, output=[output])
    for name, value in attributes.items():
        node.attribute.add(name=name, i=value, type=_INT_ATTRIBUTE)


@cache
def _message(name: str) -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    types = {"string": field.TYPE_STRING, "int64": field.TYPE_INT64, "int32": field.TYPE_INT32}
    file = descriptor_pb2.FileDescriptorProto(name="onnx_fields.proto", package=_PACKAGE, syntax="proto2")
    for kind, fields in _FIELDS.items():
        message = file.message_type.add(name=kind)
        for title, (number, type_, repeated) in fields.items():
            label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            added = message.field.add(name=title, number=number, label=label)
            added.type = types.get(type_, field.TYPE_MESSAGE)
            if type_ not in types:
                added.type_name = f".{_PACKAGE}.{type_}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
