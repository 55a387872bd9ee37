"""Encrypted objects: S3 writes and reads them only where the key lets its caller in.

The emulator stores and hands out every object, whatever key its bucket has.

Source: S3 User Guide, "Using server-side encryption with AWS KMS keys", and
"Uploading and copying objects using multipart upload", permissions.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from ministack.services import s3

from cloud import keys, object_lock
from cloud.cfn_keys import BUCKET_KEY
from cloud.keys import KeyRefused, Use

ENCRYPTION, KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
ERRORS = {"denied": ("AccessDenied", 403), "disabled": ("KMS.DisabledException", 400),
          "pending": ("KMS.KMSInvalidStateException", 400), "missing": ("KMS.NotFoundException", 400)}
WRITE, READ, ASSEMBLE = ("kms:GenerateDataKey",), ("kms:Decrypt",), ("kms:GenerateDataKey", "kms:Decrypt")

_put, _get, _create_upload = s3._put_object, s3._get_object, s3._create_multipart_upload
_upload_part, _upload_part_copy = s3._upload_part, s3._upload_part_copy


def install() -> None:
    s3._put_object, s3._get_object, s3._copy_object = put_object, get_object, copy_object
    s3._create_multipart_upload, s3._complete_multipart_upload = create_upload, complete_upload
    s3._upload_part, s3._upload_part_copy = upload_part, upload_part_copy


def put_object(bucket: str, key: str, body: bytes, headers: dict):
    return (_refusal(bucket, key, _wanted(headers, bucket), WRITE)
            or _put(bucket, key, body, headers))


def copy_object(bucket: str, key: str, headers: dict):
    return (_refusal_of_source(headers) or _refusal(bucket, key, _wanted(headers, bucket), WRITE)
            or object_lock.copy_object(bucket, key, headers))


def create_upload(bucket: str, key: str, headers: dict):
    return (_refusal(bucket, key, _wanted(headers, bucket), ASSEMBLE)
            or _create_upload(bucket, key, headers))


def upload_part(bucket: str, key: str, body: bytes, query: dict, headers: dict):
    return (_refusal(bucket, key, _of_upload(query), ASSEMBLE)
            or _upload_part(bucket, key, body, query, headers))


def upload_part_copy(bucket: str, key: str, query: dict, headers: dict):
    return (_refusal_of_source(headers) or _refusal(bucket, key, _of_upload(query), ASSEMBLE)
            or _upload_part_copy(bucket, key, query, headers))


def complete_upload(bucket: str, key: str, body, query: dict, headers: dict | None = None):
    return (_refusal(bucket, key, _of_upload(query), ASSEMBLE)
            or object_lock.complete_upload(bucket, key, body, query, headers))


def get_object(bucket: str, key: str, headers: dict, query: dict | None = None):
    """What S3 would answer says which key the object has; without leave of the key the content stays here."""
    answer = _get(bucket, key, headers, query)
    encrypted = answer[1] if answer[0] in (200, 206) else {}
    return _refusal(bucket, key, encrypted, READ) or answer


def _wanted(headers: dict, bucket: str) -> dict:
    """How an object will be encrypted, as headers say it."""
    encryption, error = s3._resolve_sse_write_headers(headers, bucket)
    return encryption if error is None else {}


def _of_upload(query: dict) -> dict:
    return s3._stored_sse_headers(s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {})


def _refusal_of_source(headers: dict):
    path, _, version = headers.get("x-amz-copy-source", "").lstrip("/").partition("?")
    bucket, _, key = unquote(path).partition("/")
    status, encrypted, _ = s3._head_object(bucket, key, {}, parse_qs(version))
    return _refusal(bucket, key, encrypted, READ) if status == 200 else None


def _refusal(bucket: str, key: str, encryption: dict, actions: tuple):
    """The answer to a request that the key refuses, or nothing."""
    key_id = encryption.get(KEY)
    if encryption.get(ENCRYPTION) != "aws:kms" or not key_id:
        return None
    arn = f"arn:aws:s3:::{bucket}" if encryption.get(BUCKET_KEY) == "true" else f"arn:aws:s3:::{bucket}/{key}"
    try:
        keys.check_caller(key_id, Use("s3", actions, {"aws:s3:arn": arn}))
    except KeyRefused as refusal:
        code, status = ERRORS[refusal.kind]
        return s3._error(code, str(refusal), status, f"/{bucket}/{key}")
    return None
