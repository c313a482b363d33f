"""What readers of machine formats ask for, as types: decoding a document checks it.

SARIF 2.1.0 with what GitHub's code scanning asks for beyond it, GitLab's Code Quality, reviewdog's diagnostics and
CodeTF 2.
Each names the fields that we write; an unknown one is an error, so that a typo cannot pass for an extension.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
Short = Annotated[str, Meta(min_length=1, max_length=1024)]
Number = Annotated[int, Meta(ge=1)]


class Strict(Struct, forbid_unknown_fields=True, rename="camel", frozen=True):
    """Nothing but what is named."""


# ------------------------------------------------------------------------------------------------------------- SARIF
class Message(Strict, kw_only=True, frozen=True):
    text: Text


class ArtifactLocation(Strict, kw_only=True, frozen=True):
    uri: Annotated[str, Meta(pattern=r"^[^/\s\\:][^\s\\:]*$")]
    uri_base_id: Literal["%SRCROOT%"]


class Region(Strict, kw_only=True, frozen=True):
    start_line: Number
    start_column: Number
    end_line: Number
    end_column: Number

    def __post_init__(self) -> None:
        if (self.start_line, self.start_column) > (self.end_line, self.end_column):
            raise ValueError("a region ends before it starts")


class PhysicalLocation(Strict, kw_only=True, frozen=True):
    artifact_location: ArtifactLocation
    region: Region | None = None


class Location(Strict, kw_only=True, frozen=True):
    physical_location: PhysicalLocation
    message: Message | None = None
    id: int | None = None


class RuleProperties(Struct, frozen=True):
    tags: Annotated[list[str], Meta(min_length=1, max_length=20)]
    precision: Literal["very-high", "high", "medium", "low"]


class Configuration(Strict, kw_only=True, frozen=True):
    level: Literal["none", "note", "warning", "error"]


class Help(Strict, kw_only=True, frozen=True):
    text: Text
    markdown: Text


class Descriptor(Strict, kw_only=True, frozen=True):
    id: Text
    name: Text
    short_description: Message
    full_description: Message
    help: Help
    default_configuration: Configuration
    properties: RuleProperties


class Driver(Strict, kw_only=True, frozen=True):
    name: Text
    semantic_version: Text
    rules: list[Descriptor]


class Tool(Strict, kw_only=True, frozen=True):
    driver: Driver


class Replacement(Strict, kw_only=True, frozen=True):
    deleted_region: Region
    inserted_content: Message | None = None


class ArtifactChange(Strict, kw_only=True, frozen=True):
    artifact_location: ArtifactLocation
    replacements: Annotated[list[Replacement], Meta(min_length=1)]


class SarifFix(Strict, kw_only=True, frozen=True):
    description: Message
    artifact_changes: Annotated[list[ArtifactChange], Meta(min_length=1)]


class FlowLocation(Strict, kw_only=True, frozen=True):
    location: Location


class ThreadFlow(Strict, kw_only=True, frozen=True):
    locations: Annotated[list[FlowLocation], Meta(min_length=1)]


class CodeFlow(Strict, kw_only=True, frozen=True):
    thread_flows: Annotated[list[ThreadFlow], Meta(min_length=1)]


class Suppression(Strict, kw_only=True, frozen=True):
    kind: Literal["inSource", "external"]


class Result(Strict, kw_only=True, frozen=True):
    rule_id: Text
    rule_index: Annotated[int, Meta(ge=0)]
    level: Literal["none", "note", "warning", "error"]
    message: Message
    locations: Annotated[list[Location], Meta(min_length=1, max_length=1)]
    partial_fingerprints: dict[str, str]
    properties: dict[str, str]
    related_locations: list[Location] = []
    code_flows: list[CodeFlow] = []
    suppressions: list[Suppression] = []
    fixes: list[SarifFix] = []


class Notification(Strict, kw_only=True, frozen=True):
    level: Literal["error"]
    message: Message
    locations: list[Location] = []


class Invocation(Strict, kw_only=True, frozen=True):
    execution_successful: bool
    tool_execution_notifications: list[Notification] = []


class SarifRun(Strict, kw_only=True, frozen=True):
    tool: Tool
    column_kind: Literal["unicodeCodePoints"]
    original_uri_base_ids: dict[str, dict[str, Message]]
    invocations: list[Invocation]
    results: Annotated[list[Result], Meta(max_length=25_000)]


class Sarif(Struct, frozen=True, forbid_unknown_fields=True):
    schema: Annotated[str, Meta(pattern="sarif-schema-2.1.0.json$")] = msgspec.field(name="$schema")
    version: Literal["2.1.0"]
    runs: Annotated[list[SarifRun], Meta(min_length=1, max_length=20)]


# ------------------------------------------------------------------------------------------------------------ GitLab
class Position(Strict, kw_only=True, frozen=True):
    line: Number
    column: Number


class Positions(Strict, kw_only=True, frozen=True):
    begin: Position
    end: Position


class IssueLocation(Strict, kw_only=True, frozen=True):
    path: Annotated[str, Meta(pattern=r"^(?!\./|/).+")]
    positions: Positions


class Issue(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    description: Text
    check_name: Text
    fingerprint: Text
    severity: Literal["info", "minor", "major", "critical", "blocker"]
    location: IssueLocation


# --------------------------------------------------------------------------------------------------------- reviewdog
class RdRange(Strict, kw_only=True, frozen=True):
    start: Position
    end: Position


class RdLocation(Strict, kw_only=True, frozen=True):
    path: Text
    range: RdRange


class RdSource(Strict, kw_only=True, frozen=True):
    name: Text
    url: str = ""


class RdCode(Strict, kw_only=True, frozen=True):
    value: Text
    url: str = ""


class RdSuggestion(Strict, kw_only=True, frozen=True):
    range: RdRange
    text: str


class RdRelated(Strict, kw_only=True, frozen=True):
    message: Text
    location: RdLocation


class Diagnostic(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    message: Text
    location: RdLocation
    severity: Literal["ERROR", "WARNING", "INFO"]
    code: RdCode
    source: RdSource | None = None
    suggestions: list[RdSuggestion] = []
    related_locations: list[RdRelated] = []


class Diagnostics(Strict, kw_only=True, frozen=True):
    source: RdSource
    diagnostics: list[Diagnostic]


# ------------------------------------------------------------------------------------------------------------ CodeTF
class TfRun(Strict, kw_only=True, frozen=True):
    vendor: Text
    tool: Text
    version: Text
    command_line: Text
    elapsed: Annotated[int, Meta(ge=0)]
    directory: Text


class TfChange(Strict, kw_only=True, frozen=True):
    line_number: Number
    description: Text
    diff_side: Literal["left", "right"]
    package_actions: list[dict[str, str]]


class TfChangeset(Strict, kw_only=True, frozen=True):
    path: Text
    diff: Text
    strategy: Literal["deterministic"]
    changes: Annotated[list[TfChange], Meta(min_length=1)]


class TfRule(Strict, kw_only=True, frozen=True):
    id: Text
    name: Text


class TfUnfixed(Strict, kw_only=True, frozen=True):
    id: Text
    rule: TfRule
    path: Text
    line_number: Number
    reason: Text


class TfResult(Strict, kw_only=True, frozen=True):
    codemod: Annotated[str, Meta(pattern=r"^[\w-]+:\w+/[\w-]+$")]
    summary: Text
    description: Text
    detection_tool: dict[str, str]
    changeset: list[TfChangeset]
    failed_files: list[str]
    unfixed_findings: list[TfUnfixed]


class CodeTf(Strict, kw_only=True, frozen=True):
    run: TfRun
    results: list[TfResult]
