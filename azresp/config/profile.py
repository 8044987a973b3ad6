"""The settings: one line each in `Profile`. Parsing, flags, environment names, docs and the example come from it."""

# ruff: noqa: RUF009 - the calls in the dataclass make fields, of values that never change

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from azresp.config import rule
from azresp.config.endpoint import Endpoint, is_dated
from azresp.config.setting import Setting, setting
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import ConfigError

SCOPE = "https://ai.azure.com/.default"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that can be set, typed and checked; None: not set, the service or the system decides."""

    endpoint: Endpoint | None = setting(
        rule.endpoint(),
        None,
        "connection",
        '"https://contoso.openai.azure.com"',
        "Address of the resource: its root, or a base URL that ends in /openai/v1/",
    )
    deployment: str | None = setting(
        rule.line("a deployment's name", r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,256}", "NAME"),
        None,
        "connection",
        '"gpt-5"',
        "Name of the deployment (the API's model)",
    )
    auth: str = setting(
        rule.choice("entra", "key", "token"),
        "entra",
        "connection",
        '"entra"',
        "How to sign in: Entra ID, an API key, or a ready-made Entra token; a key alone means key",
    )
    key: SecretRef | Secret | None = setting(
        rule.reference(),
        None,
        "connection",
        '"env:CONTOSO_KEY"',
        "Where the API key (or token) is kept: env:NAME or keyring:NAME, never the key itself",
    )
    scope: str = setting(
        rule.line("a scope that ends in /.default", r"(https|api)://[!-~]{1,200}/\.default", "SCOPE"),
        SCOPE,
        "connection",
        '"https://cognitiveservices.azure.com/.default"',
        "Scope of Entra ID tokens; older resources may want the one for cognitive services",
    )
    tenant: str | None = setting(
        rule.line("a tenant's id or domain", r"[A-Za-z0-9][A-Za-z0-9.-]{0,127}", "TENANT"),
        None,
        "connection",
        '"contoso.onmicrosoft.com"',
        "Entra ID tenant to sign in to",
    )
    client_id: str | None = setting(
        rule.line("a client id", r"[A-Za-z0-9][A-Za-z0-9-]{0,127}", "ID"),
        None,
        "connection",
        '"00000000-0000-0000-0000-000000000000"',
        "Client id of the managed identity or workload to sign in as",
    )
    api_version: str = setting(
        rule.api_version(),
        "v1",
        "connection",
        '"preview"',
        "API version: v1, preview, or a dated one, which uses the older /openai/responses route",
    )
    image_deployment: str | None = setting(
        rule.line("a deployment's name", r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,256}", "NAME"),
        None,
        "connection",
        '"gpt-image-1"',
        "Deployment that draws pictures (header x-ms-oai-image-generation-deployment)",
    )
    instructions: str | None = setting(
        rule.prose(),
        None,
        "request",
        '"Answer in plain, short English."',
        "Instructions to the model, sent with every request",
    )
    reasoning_effort: str | None = setting(
        rule.choice(*_EFFORTS), None, "request", '"medium"', "How much a reasoning model thinks"
    )
    reasoning_summary: str | None = setting(
        rule.choice("auto", "concise", "detailed", "none"),
        None,
        "request",
        '"auto"',
        "Summary of the reasoning to ask for; none does not ask for any",
    )
    verbosity: str | None = setting(
        rule.choice("low", "medium", "high"), None, "request", '"low"', "How long answers are"
    )
    temperature: float | None = setting(
        rule.number(0, 2), None, "request", "0.7", "Sampling temperature (not for reasoning models)"
    )
    top_p: float | None = setting(
        rule.number(0, 1), None, "request", "0.9", "Nucleus sampling (not for reasoning models)"
    )
    max_output_tokens: int | None = setting(
        rule.whole(16), None, "request", "4096", "Limit of an answer's tokens, reasoning included"
    )
    store: bool = setting(
        rule.switch(), True, "request", "true", "Let the service keep responses (30 days) for chaining"
    )
    truncation: str | None = setting(
        rule.choice("auto", "disabled"),
        None,
        "request",
        '"auto"',
        "What happens when the context is full: drop from the middle, or fail",
    )
    compact_threshold: int | None = setting(
        rule.whole(1000), None, "request", "100000", "Tokens from which on the service compacts by itself"
    )
    metadata: Mapping[str, str] | None = setting(
        rule.pairs(16, 64, 512),
        None,
        "request",
        '{ team = "docs" }',
        "Pairs of text that the service keeps with each response",
    )
    tool_choice: str = setting(
        rule.line(
            "auto, none, required, or the name of a tool", r"[A-Za-z0-9_-]{1,64}(/[!-~]{1,200})?", "WORD|NAME"
        ),
        "auto",
        "tools",
        '"required"',
        "Whether the model may use tools, must, or must use one of them",
    )
    parallel_tool_calls: bool = setting(
        rule.switch(), True, "tools", "false", "Let the model call several tools at once"
    )
    tool_rounds: int = setting(
        rule.whole(1), 25, "tools", "10", "Rounds of calls in a row before you are asked whether to go on"
    )
    tool_seconds: float = setting(
        rule.number(1, 86400, "seconds"),
        900.0,
        "tools",
        "300",
        "Seconds of rounds in a row before you are asked whether to go on",
    )
    tool_tokens: int | None = setting(
        rule.whole(1),
        None,
        "tools",
        "200000",
        "Tokens of rounds in a row before you are asked whether to go on",
    )
    tool_timeout_s: float = setting(
        rule.number(0.1, 86400, "seconds"), 60.0, "tools", "30", "Seconds that one local call may take"
    )
    images: bool = setting(
        rule.switch(), False, "images", "true", "Let the model draw: attach the image_generation tool"
    )
    image_size: str | None = setting(
        rule.line("auto, or a size like 1024x1024", r"auto|[1-9]\d{1,4}x[1-9]\d{1,4}", "WIDTHxHEIGHT|auto"),
        None,
        "images",
        '"1536x1024"',
        "Size of pictures",
    )
    image_quality: str | None = setting(
        rule.choice("auto", "low", "medium", "high"), None, "images", '"high"', "Quality of pictures"
    )
    image_format: str | None = setting(
        rule.choice("png", "jpeg", "webp"), None, "images", '"webp"', "Format of pictures"
    )
    image_compression: int | None = setting(
        rule.whole(0, 100), None, "images", "80", "Compression of jpeg and webp pictures, in percent"
    )
    image_background: str | None = setting(
        rule.choice("auto", "transparent", "opaque"),
        None,
        "images",
        '"transparent"',
        "Background of pictures",
    )
    image_moderation: str | None = setting(
        rule.choice("auto", "low"), None, "images", '"low"', "How strictly pictures are moderated"
    )
    partial_images: int | None = setting(
        rule.whole(0, 3), None, "images", "2", "Partial pictures to ask for while one is drawn"
    )
    keep_partial_images: bool = setting(
        rule.switch(),
        False,
        "images",
        "true",
        "Keep the files of partial pictures when the final one is there",
    )
    picture_folder: Path | None = setting(
        rule.folder(),
        None,
        "images",
        '"~/Pictures/azresp"',
        "Folder that generated pictures are saved in; without it azresp in the folder of pictures",
    )
    image_detail: str = setting(
        rule.choice("auto", "low", "high"), "auto", "images", '"low"', "Detail of attached pictures"
    )
    image_max_side: int | None = setting(
        rule.whole(64, 20000),
        None,
        "images",
        "2048",
        "Scale attached pictures down to this many pixels a side",
    )
    strip_metadata: bool = setting(
        rule.switch(),
        False,
        "images",
        "true",
        "Send attached pictures without their metadata (place, camera)",
    )
    resilient: bool = setting(
        rule.switch(),
        False,
        "network",
        "true",
        "Ask in the background and stream: a lost connection goes on where it broke off; the first word comes later",
    )
    rebuild: bool = setting(
        rule.switch(), False, "network", "true", "Send a conversation in full, unasked, that the service lost"
    )
    connect_timeout_s: float = setting(
        rule.number(0.1, 600, "seconds"), 5.0, "network", "5", "Seconds to wait for a connection"
    )
    idle_timeout_s: float = setting(
        rule.number(0.1, 3600, "seconds"),
        60.0,
        "network",
        "60",
        "Seconds of silence before a stream is given up",
    )
    proxy: str | None = setting(
        rule.proxy(),
        None,
        "network",
        '"http://proxy.contoso.com:8080"',
        "Proxy for https, or none; without it HTTPS_PROXY and NO_PROXY count",
    )
    ca_file: Path | None = setting(
        rule.file(),
        None,
        "network",
        '"~/contoso-ca.pem"',
        "File of certificate authorities (PEM); without it the system's own",
    )
    context_window: int | None = setting(
        rule.whole(1),
        None,
        "cost",
        "128000",
        "Tokens that the model can have before it, for the bar of /context; azresp does not guess it",
    )
    warn_tokens: int = setting(
        rule.whole(0),
        65_536,
        "cost",
        "20000",
        "Ask, or in a script warn, before a request of more tokens than that, conversation included; 0: never",
    )
    warn_cost: float = setting(
        rule.number(0, 1_000_000),
        0.0,
        "cost",
        "0.5",
        "Ask before a request whose input costs more than that, by the price of [prices.NAME]; 0: never",
    )
    edit_mode: str = setting(
        rule.choice("emacs", "vi"), "emacs", "screen", '"vi"', "Keys of the chat's line editor"
    )
    screen_reader: bool = setting(
        rule.switch(),
        False,
        "screen",
        "true",
        "Text for screen readers: whole lines with labels, nothing drawn or taken back; ACCESSIBLE=1 means it too",
    )
    theme: str = setting(
        rule.choice("auto", "light", "dark", "terminal"),
        "auto",
        "screen",
        '"light"',
        "Colours for a light or dark ground, or the terminal's own; auto: as COLORFGBG tells, else what suits both",
    )
    title: bool = setting(
        rule.switch(), True, "screen", "false", "Name the session in the window's title while the chat lasts"
    )
    prompt_marks: bool = setting(
        rule.switch(),
        True,
        "screen",
        "false",
        "Mark what you said for the terminal (OSC 133), so that it can jump from question to question",
    )
    preview: str = setting(
        rule.choice("auto", "kitty", "iterm", "sixel", "blocks", "none"),
        "auto",
        "screen",
        '"none"',
        "How pictures are drawn in the terminal",
    )
    notify: str = setting(
        rule.choice("none", "auto", "bell", "osc9", "osc99", "osc777"),
        "none",
        "screen",
        '"auto"',
        "How the terminal is told that a job is over; auto takes what it understands",
    )
    notify_command: str | None = setting(
        rule.line("a command", r"[^\x00-\x1f\x7f-\x9f]{1,1000}", "COMMAND"),
        None,
        "screen",
        '"notify-send"',
        "Command that is told that a job is over: its last two words are the state and the prompt's first line",
    )
    show_reasoning: bool = setting(
        rule.switch(), True, "screen", "true", "Show reasoning summaries while they stream"
    )

    @property
    def base_url(self) -> str:
        """URL that requests are joined to, with a slash at its end. ConfigError: there is no endpoint."""
        if self.endpoint is None:
            raise ConfigError(
                "no endpoint is configured", "Run `azresp init`, set AZRESP_ENDPOINT, or give --endpoint."
            )
        return self.endpoint.base_url(self.api_version)

    @property
    def query(self) -> Mapping[str, str]:
        """Query of every request: empty for v1 GA, else `api-version`."""
        return {} if self.api_version == "v1" else {"api-version": self.api_version}

    @property
    def dated(self) -> bool:
        """Say whether requests take the older route `/openai/responses?api-version=YYYY-MM-DD`."""
        return is_dated(self.api_version)

    def require(self, *, model: bool = True) -> None:
        """Raise ConfigError, saying what to do, unless there is all that a request needs; `model`: that asks one."""
        needed = ("endpoint", "deployment") if model else ("endpoint",)
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            variables = " and ".join(f"AZRESP_{name.upper()}" for name in missing)
            how = f"Run `azresp init`, set {variables}, or try it without an account: --emulator always."
            raise ConfigError(f"no {' and no '.join(missing)} configured", how)
        if self.auth != "entra" and self.key is None:
            raise ConfigError(f'auth is "{self.auth}", but no key is given', _HOW_KEY)

    def request(self) -> dict[str, Any]:
        """Give the settings of a request that are set, by their keys; those not set are left out."""
        chosen = {one.key: getattr(self, one.key) for one in SETTINGS.values() if one.group == "request"}
        # What the service does not keep it can't go on with.
        chosen["background"] = True if self.resilient and self.store else None
        if chosen["reasoning_summary"] == "none":
            chosen["reasoning_summary"] = None  # the service's words have none for none
        if (tokens := chosen.pop("compact_threshold")) is not None:
            chosen["context_management"] = [{"type": "compaction", "compact_threshold": tokens}]
        return {key: value for key, value in chosen.items() if value is not None}


_HOW_KEY = 'Set AZRESP_API_KEY, or key = "env:NAME" or "keyring:NAME" in config.toml, or use auth = "entra".'

SETTINGS: Mapping[str, Setting] = {
    one.name: Setting(one.name, default=one.default, **one.metadata) for one in fields(Profile)
}
"""The table of settings by key, in the order of the file; everything about settings derives from it."""

GROUPS = ("connection", "request", "tools", "images", "network", "cost", "screen")
"""Groups of settings, in the order of the file."""
