"""Writes a network as CTranslate2's converter would, and an .argosmodel around it."""

import json
import struct
import zipfile

import numpy as np
import torch

from test_models.transformer import HEADS, WIDTH

TYPES = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
FORMAT, REVISION = 6, 7  # the version of the file and that of the TransformerSpec


def quantised(weight):
    """A row's largest number becomes 127; and by what each row is to be divided."""
    most = weight.abs().amax(dim=1)
    scale = 127 / torch.where(most == 0, 127.0, most)
    return torch.round(weight * scale[:, None]).to(torch.int8), scale


def is_quantised(name, value):
    return value.dim() == 2 and name != "positions"


def as_stored(model, kind):
    """Makes the network that which the file has: every number is rounded as `kind`, int8 or float16, rounds it."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if kind == "float16":
                value.copy_(value.half().float())
            elif is_quantised(name, value):
                whole, scale = quantised(value)
                value.copy_(whole.float() / scale[:, None])


def joined(*layers):
    return torch.cat([layer.weight for layer in layers]), torch.cat([layer.bias for layer in layers])


def tensors_of(model):
    """By CTranslate2's names."""
    found = {"encoder/embeddings_0/weight": model.source_embedding, "decoder/embeddings/weight": model.target_embedding,
             "decoder/projection/weight": model.output_embedding, "decoder/projection/bias": model.output_bias}

    def norm(name, layer):
        found[f"{name}/layer_norm/gamma"], found[f"{name}/layer_norm/beta"] = layer.weight, layer.bias

    def linear(name, *layers):
        found[f"{name}/weight"], found[f"{name}/bias"] = joined(*layers)

    for part, layers, last in (("encoder", model.encoder, model.encoder_norm),
                               ("decoder", model.decoder, model.decoder_norm)):
        norm(part, last)
        for number, layer in enumerate(layers):
            scope = f"{part}/layer_{number}"
            itself = layer.self_attention
            norm(f"{scope}/self_attention", layer.self_norm)
            linear(f"{scope}/self_attention/linear_0", itself.query, itself.key, itself.value)
            linear(f"{scope}/self_attention/linear_1", itself.out)
            if part == "decoder":
                norm(f"{scope}/attention", layer.norm)
                linear(f"{scope}/attention/linear_0", layer.attention.query)
                linear(f"{scope}/attention/linear_1", layer.attention.key, layer.attention.value)
                linear(f"{scope}/attention/linear_2", layer.attention.out)
            norm(f"{scope}/ffn", layer.ffn_norm)
            linear(f"{scope}/ffn/linear_0", layer.ffn[0])
            linear(f"{scope}/ffn/linear_1", layer.ffn[1])
    return {name: value.detach() for name, value in found.items()}


def settings():
    found = {"decoder/alignment_layer": np.int16(-1), "decoder/alignment_heads": np.int16(1)}
    for name in ("alibi", "alibi_use_positive_positions", "scale_alibi", "start_from_zero_embedding"):
        found[f"decoder/{name}"] = np.int8(0)
    for part in ("encoder", "decoder"):
        found[f"{part}/num_heads"] = np.int16(HEADS)
        found[f"{part}/pre_norm"] = np.int8(1)
        found[f"{part}/activation"] = np.int8(0)  # ReLU
        found[f"{part}/scale_embeddings"] = np.int8(1)
    found["encoder/embeddings_merge"] = np.int8(0)
    return found


def variables_of(model, kind, stores_positions):
    """As they are written, and under which other names they go."""
    arrays, aliases, owners = settings(), {}, {}
    for name, value in sorted(tensors_of(model).items()):
        owner = owners.setdefault((value.data_ptr(), tuple(value.shape)), name)
        if owner != name:
            aliases[name] = owner
            if kind == "int8":
                aliases[f"{name}_scale"] = f"{owner}_scale"
        elif kind == "int8" and value.dim() == 2:
            whole, scale = quantised(value)
            arrays[name], arrays[f"{name}_scale"] = whole.numpy(), scale.numpy()
        else:
            arrays[name] = value.numpy().astype(np.float16 if kind == "float16" else np.float32)
    if stores_positions:
        arrays["decoder/position_encodings/encodings"] = model.positions.numpy()
        aliases["encoder/position_encodings/encodings"] = "decoder/position_encodings/encodings"
    return arrays, aliases


def model_file(model, kind, stores_positions):
    """The bytes of model.bin; src/model_file/ctranslate2_file.cpp has the grammar."""

    def text(string):
        encoded = string.encode() + b"\0"
        return struct.pack("<H", len(encoded)) + encoded

    arrays, aliases = variables_of(model, kind, stores_positions)
    parts = [struct.pack("<I", FORMAT), text("TransformerSpec"), struct.pack("<2I", REVISION, len(arrays))]
    for name, array in sorted(arrays.items()):
        parts += [text(name), struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape),
                  struct.pack("<BI", TYPES[array.dtype.name], array.nbytes), array.tobytes()]
    parts.append(struct.pack("<I", len(aliases)))
    parts += [text(alias) + text(name) for alias, name in sorted(aliases.items())]
    return b"".join(parts)


def json_text(value):
    return (json.dumps(value, indent=2) + "\n").encode()


def config():
    return json_text({"add_source_bos": False, "add_source_eos": False, "bos_token": "<s>",
                      "decoder_start_token": "<s>", "eos_token": "</s>", "layer_norm_epsilon": None,
                      "unk_token": "<unk>"})


def write(path, folder, files):
    """A zip with one folder at its top, the same bytes for the same files."""
    names = sorted({f"{folder}/{name}" for name in files} | {f"{folder}/", f"{folder}/model/"})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            is_folder = name.endswith("/")
            entry.external_attr = (0o40755 << 16 | 0x10) if is_folder else 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if is_folder else zipfile.ZIP_DEFLATED
            archive.writestr(entry, b"" if is_folder else files[name[len(folder) + 1:]])


assert WIDTH % HEADS == 0
