"""The OpenAPI document as rows of a page: groups, operations, and the fields of what goes in and comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

METHODS = ("get", "post", "put", "patch", "delete")
Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One parameter, or one property of a body."""

    name: str
    kind: str
    is_required: bool
    words: SafeString


@dataclass(frozen=True)
class DocumentedResponse:
    status: str
    words: SafeString
    shape: str  # its name where it has one


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    words: SafeString
    needs_sign_in: bool
    parameters: list[Field]
    body: list[Field]
    answers: list[DocumentedResponse]


@dataclass(frozen=True)
class Group:
    name: str
    words: str
    operations: list[Operation]


@dataclass(frozen=True)
class Named:
    """A shape that operations speak of by its name."""

    name: str
    fields: list[Field]


def introduction(document: Shape) -> SafeString:
    return _prose(document["info"].get("description", ""))


def groups(document: Shape) -> list[Group]:
    """The operations of ``document`` by tag, in the order in which the tags stand."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                by_tag.setdefault(methods[method]["tags"][0], []).append(
                    _operation(document, path, method, methods[method])
                )
    return [Group(tag["name"], tag["description"], by_tag.get(tag["name"], [])) for tag in document["tags"]]


def shapes(document: Shape) -> list[Named]:
    """Every named shape of ``document`` that has fields, by name."""
    named = document["components"]["schemas"]
    return [Named(name, list(_fields(named[name]))) for name in sorted(named) if named[name].get("properties")]


def _operation(document: Shape, path: str, method: str, told: Shape) -> Operation:
    return Operation(
        anchor=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        words=_prose(told.get("description", "")),
        needs_sign_in={} not in told.get("security", [{}]),
        parameters=[_parameter(one) for one in told.get("parameters", ())],
        body=list(_fields(_resolved(document, _body(told.get("requestBody", {}))))),
        answers=[
            DocumentedResponse(status, _line(answer.get("description", "")), kind_of(_body(answer)))
            for status, answer in told["responses"].items()
        ],
    )


def _body(told: Shape) -> Shape:
    """The shape of a body; the richest form where several kinds are taken: a form has the files too."""
    forms = list(told.get("content", {}).values())
    return forms[-1].get("schema", {}) if forms else {}


def _resolved(document: Shape, shape: Shape) -> Shape:
    name = shape.get("$ref", "").rpartition("/")[2]
    resolved: Shape = document["components"]["schemas"][name] if name else shape
    return resolved


def _parameter(told: Shape) -> Field:
    words = told.get("description", "")
    place = {"header": _("Header."), "path": ""}.get(told["in"], "")
    return Field(told["name"], kind_of(told["schema"]), told.get("required", False), _line(f"{place} {words}".strip()))


def _fields(shape: Shape) -> Iterator[Field]:
    required = shape.get("required", ())
    for name, told in shape.get("properties", {}).items():
        yield Field(name, kind_of(told), name in required, _line(told.get("description", "")))


def kind_of(shape: Shape) -> str:
    """``shape`` in a few words: "string", "list of Copy", "one of: active, overdue"."""
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    parts = [*shape.get("allOf", ()), *shape.get("oneOf", ()), *shape.get("anyOf", ())]
    if parts:
        return _(" or ").join(kind_of(part) for part in parts if part)
    if shape.get("type") == "array":
        return _("list of %(kind)s") % {"kind": kind_of(shape.get("items", {}))}
    if "enum" in shape:
        return _("one of: %(values)s") % {"values": ", ".join(str(value) or "“”" for value in shape["enum"])}
    return f"{shape.get('type', '')} {shape.get('format', '')}".strip()


def _prose(markdown: str) -> SafeString:
    """``markdown`` of our own docstrings as HTML; raw HTML is shown, not used, and headings lie below the page's."""
    return SafeString(_markdown().render(markdown.replace("``", "`").replace("\n## ", "\n### ")))


def _line(markdown: str) -> SafeString:
    return SafeString(_markdown().renderInline(markdown.replace("``", "`")))


def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("js-default")
