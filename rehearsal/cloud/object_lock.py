"""Object Lock: every new version is kept, however it was written.

The emulator gives the default retention of a bucket to what `PutObject` writes,
and forgets it for what is uploaded in parts or copied; and it lets somebody
suspend the versioning under a lock.

Source: S3 User Guide, "Locking objects with Object Lock".
"""

from __future__ import annotations

from ministack.services import s3

_complete, _copy = s3._complete_multipart_upload, s3._copy_object
_put_versioning = s3._put_bucket_versioning


def install() -> None:
    s3._complete_multipart_upload = complete_upload
    s3._copy_object = copy_object
    s3._put_bucket_versioning = put_versioning


def complete_upload(bucket: str, key: str, body, query: dict, headers: dict | None = None):
    answer = _complete(bucket, key, body, query, headers)
    # The headers that could ask for another retention came with the first call of the upload.
    _retain(bucket, key, {}, answer)
    return answer


def copy_object(bucket: str, key: str, headers: dict):
    answer = _copy(bucket, key, headers)
    _retain(bucket, key, headers, answer)
    return answer


def _retain(bucket: str, key: str, headers: dict, answer: tuple) -> None:
    status, answered, _ = answer
    version = answered.get("x-amz-version-id")
    if status < 400 and version and (bucket, key, version) not in s3._object_retention:
        s3._apply_object_lock_from_headers(bucket, key, headers, version)


def put_versioning(bucket: str, body: bytes):
    if s3._bucket_object_lock.get(bucket) and b"Suspended" in body:
        return s3._error(
            "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning "
            "state cannot be changed.", 409, f"/{bucket}")
    return _put_versioning(bucket, body)
