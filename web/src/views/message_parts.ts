/** The pieces of one message's content, in the forms of the providers. */
import type { Json, JsonObject } from "../api/types";
import { mediaOf, type Media } from "./media";

export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "media"; media: Media }
  | { kind: "call"; id: string; name: string; args: Json }
  | { kind: "result"; id: string; name?: string; parts: Part[] }
  | { kind: "other"; value: Json };

export function partsOf(content: Json): Part[] {
  if (content === null) return [];
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  if (Array.isArray(content)) return content.flatMap((block) => blockParts(block));
  return typeof content === "object" ? blockParts(content) : [{ kind: "text", text: String(content) }];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function blockParts(block: Json): Part[] {
  if (block === null) return [];
  if (typeof block !== "object" || Array.isArray(block)) return partsOf(block);
  const known = byType(block) ?? byMember(block);
  return known ? [known] : [{ kind: "other", value: block }];
}

/** OpenAI, Anthropic and LangChain name the kind of a block in `type`. */
function byType(block: JsonObject): Part | null {
  switch (block.type) {
    case "text":
    case "input_text":
    case "output_text":
    case "refusal":
      return { kind: "text", text: text(block.text) ?? text(block.refusal) ?? "" };
    case "thinking":
    case "reasoning":
      return { kind: "thinking", text: text(block.thinking) ?? text(block.reasoning) ?? text(block.text) ?? "" };
    case "tool_use":
    case "server_tool_use":
      return { kind: "call", id: text(block.id) ?? "", name: text(block.name) ?? "", args: block.input ?? null };
    case "tool_call":
      return { kind: "call", id: text(block.id) ?? "", name: text(block.name) ?? "", args: block.args ?? null };
    case "tool_result":
      return { kind: "result", id: text(block.tool_use_id) ?? "", parts: partsOf(block.content ?? null) };
    default: {
      const media = mediaOf(block);
      return media ? { kind: "media", media } : null;
    }
  }
}

/** Gemini's parts are told by the member they have. */
function byMember(block: JsonObject): Part | null {
  if (typeof block.text === "string")
    return block.thought === true ? { kind: "thinking", text: block.text } : { kind: "text", text: block.text };
  const call = block.functionCall ?? block.function_call;
  if (call && typeof call === "object" && !Array.isArray(call))
    return { kind: "call", id: text(call.id) ?? "", name: text(call.name) ?? "", args: call.args ?? null };
  const answer = block.functionResponse ?? block.function_response;
  if (answer && typeof answer === "object" && !Array.isArray(answer)) {
    const value = answer.response ?? null;
    const parts: Part[] = typeof value === "string" ? partsOf(value) : [{ kind: "other", value }];
    return { kind: "result", id: text(answer.id) ?? "", name: text(answer.name) ?? "", parts };
  }
  return null;
}
