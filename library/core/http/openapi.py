"""What the OpenAPI document says of every operation alike: text without NUL, bodies by kind, refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

# Text as the database can keep it, and text of which something is left once white space is cut off its ends.
ANY_TEXT = r"^[^\x00]*$"
SOME_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"
SENTENCE = re.compile(r"(?P<first>.+?)\.(?:\s+(?P<rest>.+))?$", re.DOTALL)
METHODS = ("get", "post", "put", "patch", "delete")
MEANINGS = {
    "400": "Input that can never be right; `fields` says where.",
    "401": "Not signed in, or with a token that is over.",
    "403": "The permission is missing.",
    "404": "There is none, or it is another's.",
    "415": "A body of a kind that is not taken.",
}


class Schema(AutoSchema):
    """Bodies are documented as JSON, and as a form where one of the fields is a file."""

    def map_parsers(self) -> list[Any]:
        request = self.get_request_serializer()
        request = request() if isinstance(request, type) else request
        fields = request.fields.values() if isinstance(request, serializers.Serializer) else ()
        takes_file = any(isinstance(field, serializers.FileField) for field in fields)
        return ["application/json", "multipart/form-data"] if takes_file else ["application/json"]


def say_everything(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    for name in [name for name in schemas if name.endswith("Request")]:
        _split_files(schemas, name, result)
    for name, schema in schemas.items():
        if name.endswith(("Request", "Json")):
            _forbid_nul(schema)
    for method, operation in _operations(result):
        _summarise(operation)
        _say_refusals(operation, writes=method != "get")
        for parameter in operation.get("parameters", ()):
            if parameter["name"] != "q":  # any text may be searched for
                _forbid_nul(parameter["schema"])
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in result["paths"].values():
        yield from ((method, path[method]) for method in METHODS if method in path)


def _summarise(operation: dict[str, Any]) -> None:
    """The first sentence of a description is the summary where the view has not said another."""
    sentence = SENTENCE.match(operation.get("description", ""))
    if sentence and not operation.get("summary"):
        operation["summary"] = " ".join(sentence["first"].split())
        operation["description"] = (sentence["rest"] or "").strip()


def _split_files(schemas: dict[str, Any], name: str, result: dict[str, Any]) -> None:
    """JSON has no files and a form has no null: each gets a shape of its own."""
    properties = schemas[name].get("properties", {})
    files = {key for key, value in properties.items() if value.get("format") == "binary"}
    if not files:
        return
    whole = {key: value for key, value in properties.items() if key not in files}
    schemas[f"{name}Json"] = schemas[name] | {"properties": whole}
    form = {key: {k: v for k, v in value.items() if k != "nullable"} for key, value in properties.items()}
    schemas[name] = schemas[name] | {"properties": form}
    for _method, operation in _operations(result):
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema", {})
        if body.get("$ref", "").endswith(f"/{name}"):
            content["application/json"] = {"schema": {"$ref": f"#/components/schemas/{name}Json"}}


def _forbid_nul(schema: dict[str, Any]) -> None:
    if schema.get("type") == "string" and not schema.keys() & {"enum", "pattern", "format"}:
        schema["pattern"] = SOME_TEXT if schema.get("minLength") else ANY_TEXT
    for inner in schema.get("properties", {}).values():
        _forbid_nul(inner)
    if isinstance(schema.get("items"), dict):
        _forbid_nul(schema["items"])


def _say_refusals(operation: dict[str, Any], *, writes: bool) -> None:
    """Adds the refusals that follow from an operation's shape, where the view has not said them in its own words."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    statuses = set()
    if "requestBody" in operation:
        statuses |= {"400", "415"}
    if writes:  # with a session, whose check for forgery looks for a body's token even where none is read
        statuses.add("415")
    if "query" in places:
        statuses.add("400")
    if "path" in places or "page" in names:
        statuses.add("404")
    if operation.get("security"):  # also where nobody may come: a token that is over is refused everywhere
        statuses |= {"401", "403"}
    responses = operation["responses"]
    for status in statuses - responses.keys():
        responses[status] = {
            "description": MEANINGS[status],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    operation["responses"] = dict(sorted(responses.items()))
