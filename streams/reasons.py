"""Why an input was refused: the closed list that labels dead letters, metrics and log lines."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

MAX_MESSAGE_BYTES = 64 * 1024
"""The largest event that is read; anything longer is ``too_large``."""


class Reason(StrEnum):
    """One word for each way an input can be unusable. Adding one is a schema change."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    MISSING_FIELD = "missing_field"
    BAD_TYPE = "bad_type"
    BAD_VALUE = "bad_value"
    BAD_TIME = "bad_time"
    FUTURE_TIME = "future_time"
    TOO_LATE = "too_late"
    KEY_MISMATCH = "key_mismatch"
    PERSONAL_DATA = "personal_data"
    UNKNOWN_SCOPE = "unknown_scope"
    OUT_OF_SCALE = "out_of_scale"
    OTHER_CURRENCY = "other_currency"
    DOSSIER_FULL = "dossier_full"
    MALFORMED_SOURCE = "malformed_source"
    UNMAPPED_SOURCE = "unmapped_source"
    AMBIGUOUS_TIME = "ambiguous_time"
    BAD_SIGNATURE = "bad_signature"
    INTERNAL_ERROR = "internal_error"


class Rejection(Struct, frozen=True):
    """A refused message: the reason, and in ``detail`` which field and what to do about it.

    ``detail`` never repeats a value of the message, which may be personal.
    """

    reason: Reason
    detail: str
