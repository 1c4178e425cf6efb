import { describe, expect, it } from "vitest";
import type { Json } from "../src/api/types";
import { recognizeMessages } from "../src/views/messages";

const roles = (value: unknown) => recognizeMessages(value as Json)?.map((message) => message.role) ?? null;
const kinds = (value: unknown) =>
  recognizeMessages(value as Json)?.flatMap((message) => message.parts.map((part) => part.kind)) ?? null;

describe("OpenAI", () => {
  it("chat requests and answers", () => {
    const request = { model: "m", messages: [{ role: "system", content: "s" }, { role: "user", content: [{ type: "text", text: "hi" }] }] };
    expect(roles(request)).toEqual(["system", "user"]);
    const call = { id: "1", type: "function", function: { name: "f", arguments: '{"a":1}' } };
    const answer = { choices: [{ index: 0, message: { role: "assistant", content: null, tool_calls: [call] } }] };
    expect(recognizeMessages(answer)![0]!.parts).toEqual([{ kind: "call", id: "1", name: "f", args: { a: 1 } }]);
    expect(kinds([{ role: "tool", tool_call_id: "1", content: "42" }])).toEqual(["result"]);
  });

  it("images and audio", () => {
    const content = [
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
    ];
    expect(kinds({ messages: [{ role: "user", content }] })).toEqual(["media", "media"]);
  });

  it("responses", () => {
    const output = [
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: "1" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] },
    ];
    expect(kinds({ output })).toEqual(["thinking", "call", "result", "text"]);
    expect(roles({ instructions: "be brief", input: "hi" })).toEqual(["system", "user"]);
  });
});

describe("Anthropic", () => {
  it("requests with tools and answers", () => {
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "thinking", thinking: "t" }, { type: "tool_use", id: "1", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: [{ type: "text", text: "42" }] }] },
      { role: "user", content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }] },
    ];
    expect(roles({ system: "be brief", messages })).toEqual(["system", "user", "assistant", "user", "user"]);
    expect(kinds({ messages })).toEqual(["text", "thinking", "call", "result", "media"]);
    expect(roles({ type: "message", role: "assistant", content: [{ type: "text", text: "x" }] })).toEqual(["assistant"]);
    expect(roles({ content: [{ type: "text", text: "x" }] })).toEqual(["assistant"]);
  });
});

describe("Gemini", () => {
  it("contents and candidates", () => {
    const request = {
      contents: [{ role: "user", parts: [{ text: "hi" }, { inline_data: { mime_type: "image/png", data: "AAAA" } }] }],
      config: { system_instruction: "be brief" },
    };
    expect(roles(request)).toEqual(["system", "user"]);
    expect(roles({ contents: "hi" })).toEqual(["user"]);
    const parts = [{ text: "t", thought: true }, { functionCall: { name: "f", args: { a: 1 } } }, { functionResponse: { name: "f", response: { r: 1 } } }];
    expect(kinds({ candidates: [{ content: { role: "model", parts } }] })).toEqual(["thinking", "call", "result"]);
  });

  it("a candidate that was blocked", () => {
    const candidates = [{ content: { role: "model", parts: [{ text: "a" }] } }, { finishReason: "SAFETY", index: 1 }, { content: { role: "model" }, finish_reason: "MAX_TOKENS" }];
    expect(recognizeMessages({ candidates } as unknown as Json)!.map((each) => each.label)).toEqual(["model", "model · SAFETY", "model · MAX_TOKENS"]);
    expect(roles({ candidates: [{ index: 0 }] })).toBeNull();
  });
});

describe("LangChain", () => {
  it("serialized, plain and nested messages", () => {
    const human = { lc: 1, type: "constructor", id: ["langchain", "schema", "messages", "HumanMessage"], kwargs: { content: "hi", type: "human" } };
    expect(roles({ messages: [[human]] })).toEqual(["user"]);
    expect(roles([{ type: "human", content: "hi" }, { type: "ai", content: "", tool_calls: [{ name: "f", args: {}, id: "1" }] }])).toEqual(["user", "assistant"]);
    expect(roles({ messages: [{ type: "system", data: { content: "s" } }, { type: "tool", content: "1", tool_call_id: "1" }] })).toEqual(["system", "tool"]);
  });

  it("generations", () => {
    const generations = [[{ text: "yes", message: { lc: 1, id: ["x", "AIMessage"], kwargs: { content: "yes" } } }]];
    expect(roles({ generations })).toEqual(["assistant"]);
    expect(roles({ generations: [[{ text: "plain" }]] })).toEqual(["assistant"]);
  });
});

describe("wrapped messages", () => {
  const message = { role: "assistant", content: "yes" };

  it.each<[unknown, string[]]>([
    [{ output: message }, ["assistant"]],
    [{ output: { choices: [{ message }] } }, ["assistant"]],
    [{ input: { messages: [{ role: "user", content: "hi" }] } }, ["user"]],
    [{ history: [{ role: "user", content: "hi" }, message] }, ["user", "assistant"]],
    [{ args: { input: { history: [message] } } }, ["assistant"]],
  ])("%j", (value, expected) => expect(roles(value)).toEqual(expected));

  it("but not beside something else, nor from far below", () => {
    expect(roles({ history: [message], question: "?" })).toBeNull();
    expect(roles({ a: { b: { c: { d: message } } } })).toBeNull();
  });
});

describe("LangChain's prompts", () => {
  it("are cut where another one speaks", () => {
    const found = recognizeMessages({ prompts: ["System: be brief\nHuman: What is\n6 times 7?\nAI: 42"] } as Json)!;
    expect(found.map((each) => [each.role, each.parts])).toEqual([
      ["system", [{ kind: "text", text: "be brief" }]],
      ["user", [{ kind: "text", text: "What is\n6 times 7?" }]],
      ["assistant", [{ kind: "text", text: "42" }]],
    ]);
    expect(roles({ prompts: ["no speaker"] })).toEqual(["user"]);
    expect(roles({ prompts: [] })).toBeNull();
    expect(roles({ prompts: [1] })).toBeNull();
  });
});

describe("what is no conversation", () => {
  it.each<Json>([null, 5, "text", [], {}, { input: "x" }, { messages: [] }, { messages: ["a"] }, [{ role: "user" }], { question: "a", answer: "b" }, { choices: [] }, { type: "chat" }])(
    "%j",
    (value) => expect(recognizeMessages(value)).toBeNull(),
  );
});
