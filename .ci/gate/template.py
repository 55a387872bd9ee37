"""A template as plain data: short tags (`!Ref X`) in their long form (`{Ref: X}`)."""

from pathlib import Path

import yaml

Template = dict


class _Reader(yaml.SafeLoader):
    """Knows the short tags, and leaves dates the strings that CloudFormation takes them for."""


class _Writer(yaml.SafeDumper):
    """Writes what occurs twice twice: CloudFormation's readers do not all know aliases."""

    def ignore_aliases(self, data):
        return True


def _long_form(reader, name, node):
    if isinstance(node, yaml.ScalarNode):
        value = reader.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = reader.construct_sequence(node, deep=True)
    else:
        value = reader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Reader.add_multi_constructor("!", _long_form)
_Reader.add_constructor("tag:yaml.org,2002:timestamp", _Reader.construct_yaml_str)


def read(path: Path) -> Template:
    """The template in a file."""
    return yaml.load(path.read_text(encoding="utf-8"), _Reader)


def written(templates: dict, folder: Path) -> list[Path]:
    """The files of templates, each under its name, in the long form."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in templates.items():
        text = yaml.dump(body, Dumper=_Writer, sort_keys=False, width=120)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return [folder / f"{name}.yaml" for name in templates]
