"""EC2's answers: what a describe call asks for, and how its answer is written."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from ministack.services import ec2

from cloud.errors import failed_resource


def chosen(store, params: dict, id_name: str, fields: dict) -> list[dict]:
    """What a describe call asks for, by ids and by filters."""
    ids, filters = ec2._parse_member_list(params, id_name), ec2._parse_filters(params)
    return [record for record in store.values()
            if (not ids or record[id_name] in ids)
            and ec2._resource_matches_tag_filters(record[id_name], filters)
            and all(str(record.get(field)) in filters[name] for name, field in fields.items() if filters.get(name))]


def item(fields: dict, owner: str = "", more: str = "") -> str:
    shown = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items() if value is not None)
    return f"<item>{shown}{more}{ec2._tag_set_xml(owner) if owner else ''}</item>"


def listed(name: str, values) -> str:
    return f"<{name}>{''.join(f'<item>{escape(value)}</item>' for value in values or [])}</{name}>"


def answer(action: str, name: str, items: str):
    return ec2._xml(200, f"{action}Response", f"<{name}>{items}</{name}>")


def made(answer: tuple):
    """The XML of an answer that must be no refusal."""
    status, _, body = answer
    root = fromstring(body)
    if status >= 400:
        raise failed_resource(text(root, "Message") or "refused", "Ec2", status)
    return root


def text(root, name: str) -> str:
    return next((element.text or "" for element in root.iter() if element.tag.rsplit("}", 1)[-1] == name), "")


def failed(message: str) -> ValueError:
    return failed_resource(message, "Ec2", 400)
