"""Next steps for the service's refusals: what to change, with the name of the setting or the place in the portal."""

from __future__ import annotations

from typing import NamedTuple

from azresp.azure.connection import DEFAULT_SCOPE, Connection, EntraSignIn, TokenSignIn
from azresp.core.compose import setting_at
from azresp.core.obstacles import forbids_storing
from azresp.core.remedies import shared_remedy


class Refusal(NamedTuple):
    """What a refusal's body tells."""

    code: str
    message: str
    param: str = ""
    filtered: str = ""
    """what Azure's content filter found, e.g. `violence: medium`"""
    status: int = 0
    model: str = ""
    """the deployment that was asked for; empty where the request names none"""


def remedy(refused: Refusal, connection: Connection) -> str:
    """What to do about a refusal; empty where nobody knows."""
    if forbids_storing(refused.message):
        return "Nothing is kept there: use --no-store (`/set store off`), or store = false in config.toml."
    if shared := shared_remedy(refused.code, refused.message, refused.filtered):
        return shared
    match refused.status:
        case 400:
            return _of_request(refused, connection)
        case 401 | 403:
            return _of_sign_in(refused, connection)
        case 404:
            return _of_place(refused, connection)
        case 429 if refused.code == "insufficient_quota":
            return "No wait fills it: check quota and billing of the subscription in the Azure portal."
        case 429:
            return "Wait, or raise the deployment's quota (tokens per minute) in the Azure portal."
        case 431:
            return "Too many request headers: at most 10 of your own."
        case 413:
            return "The service takes at most 512 MB in one file, and less for some purposes."
        case 424:
            return "A server that the model should use did not answer: check its URL and credentials."
        case status if status >= 500 and connection.loopback:
            return "A fault at the server on this machine: try again; its own log may tell more."
        case status if status >= 500:
            return "A fault at the service: try again; if it stays, report the request id to Azure support."
    return ""


def _of_request(refused: Refusal, connection: Connection) -> str:
    message = refused.message.lower()
    match refused.code:
        case "previous_response_not_found":
            return "The service does not have this conversation's last response (any more)."
        case "context_length_exceeded":
            return "Start a new session, /fork further back, or set `truncation` to auto."
        case "model_not_found":
            return _deployment(refused.model)
        case "OperationNotSupported":
            which = f"The model of deployment {refused.model}" if refused.model else "This deployment's model"
            return f"{which} has no Responses API: deploy one that has it, and set `deployment` to its name."
    if "api version" in message or "api-version" in message:
        used = f" (now {connection.api_version})" if connection.api_version else ""
        return f"Leave `api_version`{used} out for v1, or set `preview` or 2025-03-01-preview and later."
    if "x-ms-oai-image-generation-deployment" in message:
        return (
            "Name a deployment of an image model, in the same resource: --image-deployment NAME, or for good "
            "`azresp config set image_deployment NAME`."
        )
    if refused.message.startswith("Unsupported parameter"):
        return _unset(refused.param)
    if "value for the purpose" in message:
        return (
            "Azure takes assistants (documents, data), vision (pictures), batch, fine-tune and evals; "
            "user_data is not supported: use assistants."
        )
    if "not allowed to download" in message:
        return "The service gives back only what it made and files for batch, fine-tune and evals."
    return ""


def _unset(param: str) -> str:
    key = setting_at(param)
    if param == "reasoning.summary":
        return (
            f'This deployment\'s model does not take it: /set {key} none, or {key} = "none" in config.toml.'
        )
    return f"This deployment's model does not take it: leave `{key or 'it'}` out."


def _deployment(model: str) -> str:
    named = f"{model} is no deployment of this resource" if model else "There is no such deployment"
    return (
        f"{named}: `deployment` takes a deployment's name (portal: Deployments), not a model's. "
        "A new deployment takes up to 5 minutes."
    )


def _of_place(refused: Refusal, connection: Connection) -> str:
    message = refused.message.lower()
    if refused.code == "DeploymentNotFound":
        return _deployment(refused.model)
    if "response with id" in message:
        return "It was deleted, not stored, older than 30 days, or belongs to another endpoint."
    if "container" in message:
        return "A container lives an hour, and 20 minutes after its last use: have the code run again."
    if "no such file" in message:
        return "It was deleted, has expired, or belongs to another endpoint: `azresp files list` shows what is there."
    if refused.code == "404" and connection.loopback:
        return f"The path does not exist below {connection.base_url}: check `endpoint` and `api_version`."
    if refused.code == "404":
        return (
            f"There is no such path below {connection.base_url}: check `endpoint` and `api_version`. "
            "If both are right, the resource's region does not serve the Responses API."
        )
    return ""


_ROLE = ("does not have access", "lacks the required")
_NETWORKS = ("virtual network", "firewall", "public access", "private endpoint")


def _of_sign_in(refused: Refusal, connection: Connection) -> str:
    message, sign_in = refused.message.lower(), connection.sign_in
    if refused.code == "PermissionDenied" or any(sign in message for sign in _ROLE):
        return (
            "Give this identity the role `Cognitive Services OpenAI User` on the resource; "
            "it takes some minutes to work."
        )
    if refused.code == "AuthenticationTypeDisabled" or "authentication is disabled" in message:
        return "This resource takes no keys: sign in with Entra ID (--auth entra, or `azresp init`)."
    if any(sign in message for sign in _NETWORKS):
        return (
            "The resource lets in some networks only: ask from one of them (VPN, private endpoint), "
            "or let this one in under Networking in the Azure portal."
        )
    if refused.status == 403:
        return "The resource's network rules or its state forbid it: check networking in the Azure portal."
    if isinstance(sign_in, EntraSignIn):
        return (
            f"The token is for {sign_in.scope}. Sign in to the resource's tenant (`tenant`), "
            f"or try scope = {_other_scope(sign_in.scope)}."
        )
    if isinstance(sign_in, TokenSignIn):
        return (
            f"The token in {sign_in.origin} is too old or for another audience. A fresh one: "
            "`az account get-access-token --resource https://ai.azure.com --query accessToken -o tsv`."
        )
    return (
        f"Check that {sign_in.origin or 'the key'} is a key of this resource (portal: Keys and Endpoint). "
        "`azresp doctor` shows where key and endpoint come from."
    )


def _other_scope(scope: str) -> str:
    older = "https://cognitiveservices.azure.com/.default"
    return older if scope != older else DEFAULT_SCOPE
