"""Logs what the browser tests look at, through the SDK; prints the ids as JSON.

usage: seed.py URL (of the server, without /api)"""
import base64
import datetime
import json
import os
import struct
import sys
import urllib.request
import zlib

URL = sys.argv[1].rstrip("/")
os.environ.update(OPIK_URL_OVERRIDE=URL + "/api", OPIK_SENTRY_ENABLE="false",
                  OPIK_ANALYTICS_ENABLE="false")
import opik  # noqa: E402  (reads the environment)

PROJECT = "Web tests"
NOW = datetime.datetime.now(datetime.timezone.utc)


def png(width, height, color):
    """A small picture, made here."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + bytes(color) * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def wav(samples):
    data = b"\0\0" * samples
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
            + b"data" + struct.pack("<I", len(data)) + data)


IMAGE = base64.b64encode(png(160, 90, (15, 110, 99))).decode()
AUDIO = base64.b64encode(wav(800)).decode()


def after(seconds, milliseconds=0):
    return NOW - datetime.timedelta(minutes=30) + datetime.timedelta(
        seconds=seconds, milliseconds=milliseconds)


SHAPES = {
    "openai": (
        {"model": "gpt-4o", "messages": [
            {"role": "system", "content": "You are a **careful** assistant."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is in this picture?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + IMAGE}}]}]},
        {"choices": [{"index": 0, "message": {
            "role": "assistant", "content": None, "tool_calls": [
                {"id": "call_1", "type": "function",
                 "function": {"name": "describe", "arguments": '{"detail": "high"}'}}]}}]}),
    "anthropic": (
        {"system": "Answer briefly.", "messages": [
            {"role": "user", "content": "Weather in Oslo?"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "I need the tool."},
                {"type": "tool_use", "id": "tu_1", "name": "weather", "input": {"city": "Oslo"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "tu_1", "content": "3 degrees, rain"}]}]},
        {"role": "assistant", "type": "message",
         "content": [{"type": "text", "text": "It is **3 °C** and raining.\n\n- take a coat\n- and `boots`"}]}),
    "gemini": (
        {"contents": [{"role": "user", "parts": [
            {"text": "Listen to this."},
            {"inline_data": {"mime_type": "audio/wav", "data": AUDIO}}]}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Silence."}]}}]}),
    "langchain": (
        {"messages": [[{"lc": 1, "type": "constructor",
                        "id": ["langchain", "schema", "messages", "HumanMessage"],
                        "kwargs": {"content": "Say hello", "type": "human"}}]]},
        {"generations": [[{"text": "Hello!", "message": {
            "lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"],
            "kwargs": {"content": "Hello!", "type": "ai"}}}]]}),
}


def add_chat(client, shape, at):
    request, answer = SHAPES[shape]
    trace = client.trace(name=f"chat {shape}", start_time=after(at), end_time=after(at, 1500),
                         input=request, output=answer, tags=["chat", shape],
                         metadata={"version": 3, "nested": {"list": [1, 2, {"deep": "needle"}]}})
    root = trace.span(name="agent", start_time=after(at), end_time=after(at, 1480),
                      input={"question": "?"}, output={"answer": "!"})
    root.span(name="retrieve", type="tool", start_time=after(at, 50), end_time=after(at, 350),
              input={"query": "documents"}, output={"documents": ["a", "b"]})
    root.span(name="generate", type="llm", start_time=after(at, 400), end_time=after(at, 1400),
              input=request, output=answer, model="gpt-4o" if shape == "openai" else "model-x",
              provider="openai", total_cost=0.0123,
              usage={"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150})
    return trace.id


def add_error(client, at):
    info = {"exception_type": "ValueError", "message": "the model did not answer",
            "traceback": "Traceback (most recent call last):\n  File \"app.py\", line 1\nValueError"}
    trace = client.trace(name="broken", start_time=after(at), end_time=after(at, 200),
                         input={"question": "why?"}, error_info=info, tags=["broken"])
    trace.span(name="call", type="llm", start_time=after(at), end_time=after(at, 190),
               error_info=info, model="model-y", provider="other")
    return trace.id


def main():
    client = opik.Opik(project_name=PROJECT)
    ids = {shape: add_chat(client, shape, number * 10) for number, shape in enumerate(SHAPES)}
    ids["error"] = add_error(client, 60)
    for turn in range(3):
        client.trace(name="turn", start_time=after(70 + turn), end_time=after(70 + turn, 500),
                     thread_id="conversation-1", input={"messages": [
                         {"role": "user", "content": f"Question number {turn + 1}?"}]},
                     output={"content": f"Answer number {turn + 1}."})
    for number in range(250):
        client.trace(name=f"job {number % 7}", start_time=after(100 + number),
                     end_time=after(100 + number, 20 + number * 3), input={"number": number},
                     output={"square": number * number},
                     tags=["even"] if number % 2 == 0 else ["odd"])
    running = client.trace(name="still running", start_time=after(400), input={"text": "wait"})
    running.span(name="working", type="llm", start_time=after(401), model="model-x")
    ids["running"] = running.id
    client.flush()
    client.log_traces_feedback_scores([
        {"id": ids["openai"], "name": "quality", "value": 0.9, "reason": "good", "project_name": PROJECT}],
        project_name=PROJECT)
    client.flush()
    projects = client.rest_client.projects.find_projects(name=PROJECT)
    ids["project"] = projects.content[0].id
    # A project without traces, for the page that says how to connect.
    request = urllib.request.Request(URL + "/api/v1/private/projects", b'{"name": "Empty"}',
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        ids["empty"] = answer.headers["Location"].rsplit("/", 1)[1]
    client.end()
    print(json.dumps(ids))


main()
