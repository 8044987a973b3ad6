"""Responses that go on without their client."""
