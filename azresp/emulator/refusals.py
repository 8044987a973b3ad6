"""The refusals of the service in its own words (contract/facts.md 3.5 names the sources); `parameter` has more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The request is answered with `status` and the JSON `body`."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def invalid(message: str, param: str | None = None, code: str | None = None, *, status: int = 400) -> Refused:
    """The envelope of the model side: message, type, param, code."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refused(status, {"error": error})


def gateway(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """The envelope of the gateway in front of the models: code and message only."""
    return Refused(status, {"error": {"code": code, "message": message}}, headers)


def wrong_path() -> Refused:
    return gateway(404, "404", "Resource not found")


def wrong_key() -> Refused:
    return gateway(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
        "for an active subscription and use a correct regional API endpoint for your resource.",
    )


def wrong_token(audience: str) -> Refused:
    """Entra's refusal, which has no `error` key at all."""
    message = f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
    return Refused(401, {"statusCode": 401, "message": message})


def unknown_version() -> Refused:
    return gateway(400, "BadRequest", "API version not supported")


def old_version() -> Refused:
    return gateway(
        400,
        "BadRequest",
        "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
    )


def unknown_deployment() -> Refused:
    return gateway(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
        "minutes, please wait a moment and try again.",
    )


def missing_model() -> Refused:
    """Only a message, and no content type (wire-facts, Azure/azure-sdk-assets)."""
    return Refused(400, {"error": {"message": "Missed model deployment"}}, {"content-type": ""})


def response_not_found(id_: str) -> Refused:
    return invalid(f"Response with id '{id_}' not found.", status=404)


def previous_not_found(id_: str) -> Refused:
    return invalid(
        f"Previous response with id '{id_}' not found.", "previous_response_id", "previous_response_not_found"
    )


def item_not_found(id_: str) -> Refused:
    return invalid(
        f"Item with id '{id_}' not found. Items are not persisted when `store` is set to false. Try again with "
        "`store` set to true, or remove this item from your input.",
        "input",
    )


def item_not_kept(id_: str) -> Refused:
    return invalid(
        f"Item with id '{id_}' not found. Items are not persisted for Zero Data Retention organizations. Remove this "
        "item from your input and try again.",
        "input",
    )


def no_previous() -> Refused:
    return invalid(
        "Previous response cannot be used for this organization due to Zero Data Retention.",
        "previous_response_id",
        "unsupported_parameter",
    )


def no_conversations() -> Refused:
    return invalid("Conversations cannot be used for this organization due to Zero Data Retention.")


def must_not_store() -> Refused:
    """Without the usual envelope, as the one service was seen to say it that refuses to store."""
    return Refused(400, {"detail": "Store must be set to false"})


def not_decrypted(text: str) -> Refused:
    return invalid(
        f"The encrypted content {text[:4]}...{text[-4:]} could not be verified. Reason: Encrypted content could not be "
        "decrypted or parsed.",
        None,
        "invalid_encrypted_content",
    )


def ciphertext_of_another(id_: str) -> Refused:
    return invalid(
        f"The encrypted content for item {id_} could not be verified. Reason: Encrypted content item_id did not match "
        "the target item id.",
        None,
        "invalid_encrypted_content",
    )


def conversation_not_found(id_: str) -> Refused:
    return invalid(f"Conversation with id '{id_}' not found.", status=404)


def not_in_conversation(id_: str) -> Refused:
    return invalid(f"Item with id '{id_}' not found in conversation.", status=404)


def conversation_locked() -> Refused:
    return invalid(
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        None,
        "conversation_locked",
    )


def duplicate_item(id_: str) -> Refused:
    return invalid(
        f"Duplicate item found with id {id_}. Remove duplicate items from your input and try again.", "input"
    )


def no_call_for_output(call_id: str, kind: str = "function call") -> Refused:
    return invalid(f"No tool call found for {kind} output with call_id {call_id}.", "input")


def no_output_for_call(call_id: str) -> Refused:
    return invalid(f"No tool output found for function call {call_id}.", "input")


def without_reasoning(id_: str, type_: str, reasoning: str) -> Refused:
    return invalid(
        f"Item '{id_}' of type '{type_}' was provided without its required 'reasoning' item: '{reasoning}'.",
        "input",
    )


def nothing_follows(id_: str) -> Refused:
    return invalid(
        f"Item '{id_}' of type 'reasoning' was provided without its required following item.", "input"
    )


def no_approval_request(id_: str) -> Refused:
    return invalid(
        f"The following MCP approval requests have approval responses but weren't passed as input: {id_}.",
        "input",
    )


def approved_twice(id_: str) -> Refused:
    return invalid(
        f"The following MCP approval requests have more than one approval response: {id_}.", "input"
    )


def no_server_for_approval(id_: str, label: str | None) -> Refused:
    return invalid(
        f"MCP server '{label}' of approval request '{id_}' not found in 'tools' parameter.", "tools"
    )


def mcp_unreachable(label: str, status: int, phrase: str) -> Refused:
    error = {
        "message": f"Error retrieving tool list from MCP server: '{label}'. Http status code: {status} ({phrase})",
        "type": "external_connector_error",
        "param": "tools",
        "code": "http_error",
    }
    return Refused(424, {"error": error})


def no_mcp_package() -> Refused:
    """The one refusal here that the service does not know."""
    return invalid(
        "The emulator cannot connect to MCP servers because the Python package 'mcp' is not installed. Install it "
        "with: pip install 'azresp[emulator]'",
        "tools",
        "emulator_package_missing",
        status=501,
    )


def tool_twice(index: int, field: str, what: str, value: str) -> Refused:
    return invalid(
        f"Invalid 'tools[{index}].{field}': tools must have unique {what}s, but '{value}' is given twice.",
        f"tools[{index}].{field}",
        "invalid_value",
    )


def not_background() -> Refused:
    return invalid("This response cannot be streamed because it was not created with background=true.")


def cannot_cancel() -> Refused:
    return invalid("Cannot cancel a synchronous response.", "response_id")


def cannot_cancel_finished(status: str) -> Refused:
    return invalid(f"Cannot cancel a {status} response.", "response_id")


def not_streamed() -> Refused:
    return invalid("This response cannot be streamed because it was not created with stream=true.")


def too_old_to_stream() -> Refused:
    return invalid("This response can no longer be streamed because it is more than 5 minutes old")


def in_flight() -> Refused:
    return invalid("Cannot delete an in-flight response.", "response_id")


def lacks(package: str, what: str) -> Refused:
    """The emulator's own words: an optional library is missing on this machine."""
    message = f"This emulator cannot {what}: the package {package} is missing. pip install 'azresp[emulator]' adds it."
    return Refused(500, {"error": {"message": message, "type": "server_error", "param": None, "code": None}})


def file_not_found(id_: str) -> Refused:
    return invalid(f"No such File object: {id_}", "id", status=404)


def not_downloadable(purpose: str) -> Refused:
    return invalid(f"Not allowed to download files of purpose: {purpose}")


def store_not_found(id_: str) -> Refused:
    return invalid(f"No vector store found with id '{id_}'.", status=404)


def file_not_in_store(id_: str, store: str) -> Refused:
    return invalid(f"No file found with id '{id_}' in vector store '{store}'.", status=404)


def no_image_deployment() -> Refused:
    return image_user_error(
        "imagegen deployment must be provided through header: x-ms-oai-image-generation-deployment"
    )


def image_user_error(message: str) -> Refused:
    error = {
        "message": message,
        "type": "image_generation_user_error",
        "param": "tools",
        "code": "invalid_request_error",
    }
    return Refused(400, {"error": error})
