"""A bucket's `LifecycleConfiguration`, written as the XML that S3 takes."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3


def lifecycle_xml(configuration: dict) -> bytes:
    root = Element("LifecycleConfiguration", xmlns=s3.S3_NS)
    for rule in configuration.get("Rules") or []:
        _add_rule(root, rule)
    return tostring(root)


def _add_rule(root: Element, rule: dict) -> None:
    element = SubElement(root, "Rule")
    _add(element, "ID", rule.get("Id"))
    _add_filter(element, rule)
    _add(element, "Status", rule.get("Status"))
    for transition in _all(rule, "Transition"):
        parent = SubElement(element, "Transition")
        _add(parent, "Days", transition.get("TransitionInDays"))
        _add(parent, "Date", transition.get("TransitionDate"))
        _add(parent, "StorageClass", transition.get("StorageClass"))
    for transition in _all(rule, "NoncurrentVersionTransition"):
        parent = SubElement(element, "NoncurrentVersionTransition")
        _add(parent, "NoncurrentDays", transition.get("TransitionInDays"))
        _add(parent, "NewerNoncurrentVersions", transition.get("NewerNoncurrentVersions"))
        _add(parent, "StorageClass", transition.get("StorageClass"))
    _add_expirations(element, rule)


def _add_expirations(element: Element, rule: dict) -> None:
    names = (("Days", "ExpirationInDays"), ("Date", "ExpirationDate"),
             ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"))
    if any(rule.get(source) is not None for _, source in names):
        parent = SubElement(element, "Expiration")
        for name, source in names:
            _add(parent, name, rule.get(source))
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is None and rule.get("NoncurrentVersionExpirationInDays") is not None:
        noncurrent = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if noncurrent:
        parent = SubElement(element, "NoncurrentVersionExpiration")
        _add(parent, "NoncurrentDays", noncurrent.get("NoncurrentDays"))
        _add(parent, "NewerNoncurrentVersions", noncurrent.get("NewerNoncurrentVersions"))
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort:
        parent = SubElement(element, "AbortIncompleteMultipartUpload")
        _add(parent, "DaysAfterInitiation", abort.get("DaysAfterInitiation"))


def _add_filter(element: Element, rule: dict) -> None:
    """One condition stands alone; several are joined by `And`; none is the empty prefix."""
    parent = SubElement(element, "Filter")
    tags = rule.get("TagFilters") or []
    names = ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    plain = [(name, rule[name]) for name in names if rule.get(name) not in (None, "")]
    if not plain and not tags:
        SubElement(parent, "Prefix")
    elif len(plain) + len(tags) > 1:
        parent = SubElement(parent, "And")
    for name, value in plain:
        _add(parent, name, value)
    for tag in tags:
        pair = SubElement(parent, "Tag")
        _add(pair, "Key", tag["Key"])
        _add(pair, "Value", tag["Value"])


def _all(rule: dict, name: str) -> list:
    """The entries of `<name>s`, and of the older property that takes a single one."""
    single = rule.get(name)
    return [*(rule.get(f"{name}s") or []), *([single] if single else [])]


def _add(parent: Element, name: str, value) -> None:
    if value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        SubElement(parent, name).text = text
