"""Endpoints: whatever people paste becomes one address, and credentials go to known hosts only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azresp.config.endpoint import Endpoint, EndpointError, read_endpoint
from azresp.errors import ConfigError, Exit

ROOT = "https://contoso.openai.azure.com/openai/"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://contoso.openai.azure.com",
        "https://contoso.openai.azure.com/",
        "contoso.openai.azure.com",
        "  'HTTPS://Contoso.OpenAI.Azure.com:443/openai'  ",
        '"https://contoso.openai.azure.com/openai/v1"',
        "<https://contoso.openai.azure.com/openai/v1/>",
        "https://contoso.openai.azure.com/openai/v1/responses",
        "https://contoso.openai.azure.com/openai/v1/chat/completions",
        "https://contoso.openai.azure.com//openai//v1/responses/resp_123/input_items",
    ],
)
def test_every_form_of_the_v1_address_is_the_same_endpoint(pasted: str) -> None:
    endpoint = read_endpoint(pasted)
    assert endpoint == Endpoint(ROOT)
    assert endpoint.base_url("v1") == endpoint.base_url("preview") == f"{ROOT}v1/"
    assert endpoint.base_url("2025-04-01-preview") == ROOT


@pytest.mark.parametrize(
    ("pasted", "endpoint"),
    [
        (f"{ROOT}v1/responses?api-version=preview", Endpoint(ROOT, "preview")),
        (f"{ROOT}v1?API-Version=v1", Endpoint(ROOT, "v1")),
        (f"{ROOT}responses?api-version=2025-04-01-preview", Endpoint(ROOT, "2025-04-01-preview")),
        (
            f"{ROOT}deployments/gpt-5/chat/completions?api-version=2025-03-01-preview",
            Endpoint(ROOT, "2025-03-01-preview", "gpt-5"),
        ),
        (
            f"{ROOT}deployments/gpt-4o/chat/completions?api-version=2024-10-21",
            Endpoint(ROOT, None, "gpt-4o", "2024-10-21"),
        ),
        (f"{ROOT}deployments/openai/", Endpoint(ROOT, None, "openai")),
        (
            f"{ROOT}v1/responses?api-version=2025-04-01-preview",
            Endpoint(ROOT, None, None, "2025-04-01-preview"),
        ),
        (
            "https://c.services.ai.azure.com/team/a/openai/v1/",
            Endpoint("https://c.services.ai.azure.com/team/a/openai/"),
        ),
        (
            "https://c.cognitiveservices.azure.com/openai/responses",
            Endpoint("https://c.cognitiveservices.azure.com/openai/"),
        ),
        ("localhost:8080", Endpoint("http://localhost:8080/openai/")),
        ("http://127.0.0.9:1/p/openai/v1/", Endpoint("http://127.0.0.9:1/p/openai/")),
        ("https://[::1]:8443/openai/v1", Endpoint("https://[::1]:8443/openai/")),
    ],
)
def test_a_pasted_url_gives_its_api_version_and_deployment_too(pasted: str, endpoint: Endpoint) -> None:
    assert read_endpoint(pasted) == endpoint


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "contoso",
        "http://contoso.openai.azure.com",
        "ftp://contoso.openai.azure.com",
        "https://contoso.openai.azure.com:8443",
        "https://contoso.openai.azure.com.evil.example/openai/v1/",
        "https://evil.example/contoso.openai.azure.com/openai/v1/",
        "https://evil.example#.openai.azure.com",
        "https://evil.example\\.openai.azure.com",
        "https://contoso.openai.azure.com@evil.example/openai/v1/",
        "https://a.b.openai.azure.com",
        "https://.openai.azure.com",
        "https://xn--cntoso-zxa.openai.azure.com",
        "https://cоntoso.openai.azure.com",  # a Cyrillic o
        "https://contoso.openai.azure.com．evil.example",
        "https://contoso.openai.azure.com/openai/v1/../../evil",
        "https://contoso.openai.azure.com/openai/v1/%2e%2e",
        "https://contoso.openai.azure.com/v1/",
        "https://contoso.openai.azure.com/openai/v2/",
        "https://contoso.openai.azure.com/openai/v1/?api-version=latest",
        "https://api.openai.com/v1",
        "http://localhost.evil.example/openai/v1/",
        "http://0x7f000001/openai/v1/",
        "http://127.0.0.1:99999/",
        "http://[::1/openai/v1/",
        "http://10.0.0.1/openai/v1/",
        "java\nscript://x",
    ],
)
def test_other_addresses_are_refused_with_what_to_paste_instead(pasted: str) -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint(pasted)
    assert refusal.value.what.startswith("endpoint: must ")
    assert "NAME.openai.azure.com" in refusal.value.hint or "https://contoso.openai" in refusal.value.hint
    assert refusal.value.exit is Exit.USAGE


@pytest.mark.parametrize(
    "pasted",
    [
        "https://ai.azure.com/resource/overview?wsid=/subscriptions/1/resourceGroups/rg/accounts/contoso&tid=2",
        "https://ai.azure.com/build?wsid=%2Fsubscriptions%2F1%2Faccounts%2Fcontoso&tid=2",
        "https://portal.azure.com/#@x.com/resource/subscriptions/1/resourceGroups/rg/accounts/contoso/overview",
        "contoso",
        "http://contoso.openai.azure.com/openai/v1/",
    ],
)
def test_what_was_meant_is_offered(pasted: str) -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint(pasted)
    assert refusal.value.hint.startswith("Did you mean https://contoso.openai.azure.com ?")


@pytest.mark.parametrize("key", ["0123456789abcdef" * 2, "A1b2" * 21])
def test_a_key_in_the_endpoints_place_is_not_shown(key: str) -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint(f" {key}\n")
    assert "looks like a key" in refusal.value.what
    assert key not in refusal.value.what + refusal.value.hint


def test_a_foundry_projects_address_is_refused_with_the_resources_own() -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint("https://c.services.ai.azure.com/api/projects/p/openai/v1/")
    assert "Foundry project" in refusal.value.what
    assert "https://c.services.ai.azure.com/openai/v1/" in refusal.value.hint


@pytest.mark.parametrize(
    "pasted",
    [
        "https://me:hunter2@contoso.openai.azure.com",
        "https://me:hunter2@evil.example/x?y",
        "me:hunter2@contoso.openai.azure.com",
        "https://contoso.openai.azure.com/openai/v1/?subscription-key=hunter2",
        "https://contoso.openai.azure.com/openai/v1/#hunter2",
        "http://hunter2@/",
    ],
)
def test_a_secret_in_a_refused_address_is_not_shown(pasted: str) -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint(pasted)
    assert "hunter2" not in f"{refusal.value.what} {refusal.value.hint}"


def test_a_bare_resource_name_is_answered_with_its_address() -> None:
    with pytest.raises(EndpointError) as refusal:
        read_endpoint("contoso")
    assert "https://contoso.openai.azure.com" in refusal.value.hint


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda x: x[:4] != "xn--"
)
hosts = st.one_of(
    st.builds(
        "https://{}{}".format, labels, st.sampled_from([".openai.azure.com", ".services.ai.azure.com"])
    ),
    st.builds("http://127.0.0.{}:{}".format, st.integers(1, 254), st.integers(1, 65535)),
)
segments = st.lists(
    st.sampled_from(["openai", "v1", "responses", "deployments", "a", "x.y", "~b"]), max_size=5
)
queries = st.sampled_from(["", "?api-version=preview", "?api-version=v1", "?api-version=2025-04-01-preview"])


@given(hosts, segments, queries)
@example("http://127.0.0.1:1", ["openai", "deployments", "openai", "responses", "v1"], "?api-version=preview")
def test_an_endpoint_that_was_read_reads_back_as_itself(host: str, path: list[str], query: str) -> None:
    try:
        endpoint = read_endpoint("/".join([host, *path]) + query)
    except EndpointError:
        return
    again = read_endpoint(str(endpoint))
    assert again == replace(endpoint, deployment=None, ignored=None)


@given(
    st.one_of(
        st.text(),
        st.text("/:@?#[]%.\\ openai-v1azurecom", max_size=60).map("https://x.openai.azure.com".__add__),
    )
)
def test_any_text_is_an_endpoint_on_a_known_host_or_refused(text: str) -> None:
    try:
        endpoint = read_endpoint(text)
    except ConfigError:
        return
    assert endpoint.root.endswith("/openai/")
    host = endpoint.root.split("/")[2]
    known = host.endswith((".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"))
    assert endpoint.loopback or (known and endpoint.root.startswith("https://"))
