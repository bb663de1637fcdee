"""How an operation on an address is described (OpenAPI 3.1): what it takes and answers."""

from __future__ import annotations

from collections.abc import Collection

from exporters.http.schemas import TEXT, Schema, ref

JSON = "application/json"


def parameter(name: str, place: str, text: str, schema: Schema = TEXT) -> Schema:
    """Return a parameter of a path or a query; only one of a path is required."""
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": text,
        "schema": schema,
    }


def content(text: str, schema: Schema, media_type: str = JSON) -> Schema:
    """Return an answer."""
    return {"description": text, "content": {media_type: {"schema": schema}}}


def operation(
    summary: str,
    schema: Schema,
    *,
    media_type: str = JSON,
    parameters: Collection[Schema] = (),
    body: str = "",
    problems: dict[str, str] | None = None,
    status: str = "200",
    is_open: bool = False,
) -> Schema:
    """Return an operation with a good answer of ``status`` and this schema, and its ``problems``.

    ``body`` is the name of the schema of what is sent. One that ``is_open`` needs no token.
    """
    told = dict(problems or {})
    if not is_open:
        told["401"] = "the token or the password is missing or wrong"
        told.setdefault("403", "the role of whoever asks does not include it")
    told["429"] = "too many requests or wrong passwords; Retry-After says how long to wait"
    told["500"] = "vigie could not answer"
    found: Schema = {
        "summary": summary,
        "responses": {
            status: content("the answer", schema, media_type),
            **{code: content(text, ref("Problem")) for code, text in told.items()},
        },
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": ref(body)}}}
    found["security"] = [] if is_open else [{}, {"token": []}, {"password": []}]
    return found
