/** Recognizes conversations in inputs and outputs, whichever library wrote them, and brings them
 * into one form. Each shape is a row of `SHAPES`; a shape that does not fit answers null. */
import type { Json, JsonObject } from "../api/types";
import { partsOf, type Part } from "./message_parts";

export type Role = "system" | "user" | "assistant" | "tool" | "other";

export interface Message {
  role: Role;
  /** What the record called the role, or the name of the speaker. */
  label: string;
  parts: Part[];
}

type Recognize = (value: Json) => Message[] | null;

const ROLES: Record<string, Role> = {
  system: "system",
  developer: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  ai: "assistant",
  model: "assistant",
  tool: "tool",
  function: "tool",
  remove: "other",
  chat: "other",
};

const SHAPES: readonly Recognize[] = [
  langchainGenerations,
  openaiChoices,
  geminiCandidates,
  responsesOutput,
  requestWithMessages,
  geminiContents,
  responsesInput,
  langchainPrompts,
  nestedList,
  plainList,
  singleMessage,
];

/** How many objects with nothing but one member may stand around a conversation. */
const WRAPPERS_MAX = 3;

/** The messages in a value, or null when it is no conversation. Programs that are traced by their
 * arguments and results wrap them: {output: {role, content}}, {history: […]}. */
export function recognizeMessages(value: Json | undefined, wrappers = WRAPPERS_MAX): Message[] | null {
  if (value === undefined || value === null || typeof value !== "object") return null;
  for (const recognize of SHAPES) {
    const found = recognize(value);
    if (found && found.length > 0) return found;
  }
  const members = isObject(value) ? Object.values(value) : [];
  return wrappers > 0 && members.length === 1 ? recognizeMessages(members[0], wrappers - 1) : null;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function messageOf(role: string, parts: Part[], name?: string): Message {
  const known = ROLES[role.toLowerCase()] ?? "other";
  return { role: known, label: name ? `${role} · ${name}` : role, parts };
}

/** Any one message: {role, content}, {role, parts}, {type: "human"}, serialized LangChain. */
function oneMessage(value: Json): Message | null {
  if (!isObject(value)) return null;
  return langchainMessage(value) ?? responsesItem(value) ?? roleMessage(value);
}

function roleMessage(value: JsonObject): Message | null {
  const role = textOf(value.role);
  if (!role) return null;
  const content = "content" in value ? value.content : value.parts;
  const parts = [...reasoningParts(value), ...partsOf(content ?? null), ...callParts(value)];
  if (!("content" in value) && !("parts" in value) && parts.length === 0) return null;
  const answers = textOf(value.tool_call_id);
  return messageOf(role, answers ? asResult(answers, textOf(value.name), parts) : parts, textOf(value.name));
}

function reasoningParts(value: JsonObject): Part[] {
  const text = textOf(value.reasoning_content) ?? textOf(value.reasoning);
  return text ? [{ kind: "thinking", text }] : [];
}

function asResult(id: string, name: string | undefined, parts: Part[]): Part[] {
  return [{ kind: "result", id, ...(name ? { name } : {}), parts }];
}

/** tool_calls of OpenAI ({function: {name, arguments}}) and LangChain ({name, args}). */
function callParts(value: JsonObject): Part[] {
  const calls = isList(value.tool_calls) ? value.tool_calls : [];
  const legacy = isObject(value.function_call) ? [{ function: value.function_call }] : [];
  const parts = [...calls, ...legacy].filter(isObject).map((call): Part => {
    const inner = isObject(call.function) ? call.function : call;
    return {
      kind: "call",
      id: textOf(call.id) ?? "",
      name: textOf(inner.name) ?? "",
      args: parsed(inner.arguments ?? inner.args ?? null),
    };
  });
  const refusal = textOf(value.refusal);
  if (refusal) parts.push({ kind: "text", text: refusal });
  if (isObject(value.audio)) parts.push(...partsOf([{ type: "audio", audio: value.audio }]));
  return parts;
}

function parsed(value: Json): Json {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

const LANGCHAIN_CLASS = /^(Human|AI|System|Tool|Function|Chat|Remove)Message(Chunk)?$/;

/** {type: "human", content}, {type: "human", data: {content}} or {lc, id: [..., "HumanMessage"], kwargs}. */
function langchainMessage(value: JsonObject): Message | null {
  const id = isList(value.id) ? textOf(value.id[value.id.length - 1]) : undefined;
  const name = LANGCHAIN_CLASS.exec(id ?? "")?.[1] ?? LANGCHAIN_CLASS.exec(textOf(value.type) ?? "")?.[1];
  const body = isObject(value.kwargs) ? value.kwargs : isObject(value.data) ? value.data : value;
  const type = (name ?? textOf(value.type) ?? "").toLowerCase();
  if (!name && !(type in ROLES)) return null;
  if (!("content" in body) && !isList(body.tool_calls)) return null;
  const parts = [...partsOf(body.content ?? null), ...langchainCalls(body)];
  const answers = textOf(body.tool_call_id);
  const speaker = textOf(body.name);
  return messageOf(type, answers ? asResult(answers, speaker, parts) : parts, speaker);
}

/** Content blocks may say the same calls again; one of them is enough. */
function langchainCalls(body: JsonObject): Part[] {
  const inContent = partsOf(body.content ?? null).some((part) => part.kind === "call");
  if (inContent) return [];
  const own = callParts(body);
  if (own.length > 0) return own;
  return isObject(body.additional_kwargs) ? callParts(body.additional_kwargs) : [];
}

/** An item of OpenAI's Responses API other than a message. */
function responsesItem(value: JsonObject): Message | null {
  switch (value.type) {
    case "function_call":
    case "custom_tool_call":
      return messageOf("assistant", [
        {
          kind: "call",
          id: textOf(value.call_id) ?? "",
          name: textOf(value.name) ?? "",
          args: parsed(value.arguments ?? value.input ?? null),
        },
      ]);
    case "function_call_output":
    case "custom_tool_call_output":
      return messageOf("tool", asResult(textOf(value.call_id) ?? "", undefined, partsOf(value.output ?? null)));
    case "reasoning": {
      const texts = [value.summary, value.content].filter(isList).flat().filter(isObject);
      const text = texts.map((item) => textOf(item.text) ?? "").join("\n\n");
      return messageOf("assistant", text ? [{ kind: "thinking", text }] : []);
    }
    default:
      return null;
  }
}

/** A list whose members are all messages. */
function plainList(value: Json): Message[] | null {
  if (!isList(value) || value.length === 0) return null;
  const messages = value.map(oneMessage);
  return messages.every((message) => message !== null) ? messages : null;
}

/** LangChain hands its models a list of lists. */
function nestedList(value: Json): Message[] | null {
  const list = isObject(value) ? value.messages : value;
  if (!isList(list) || list.length !== 1) return null;
  return plainList(list[0]!);
}

function systemMessage(value: Json | undefined): Message[] {
  if (value === undefined || value === null || value === "") return [];
  const content = isObject(value) && "parts" in value ? value.parts! : value;
  return [messageOf("system", partsOf(content))];
}

/** {messages: […]}, with Anthropic's `system` beside it; LangGraph's state has the same form. */
function requestWithMessages(value: Json): Message[] | null {
  if (!isObject(value)) return null;
  const messages = plainList(value.messages ?? null);
  return messages ? [...systemMessage(value.system), ...messages] : null;
}

function openaiChoices(value: Json): Message[] | null {
  if (!isObject(value)) return null;
  const choices = isList(value.choices) ? value.choices : isList(value) ? value : null;
  if (!choices || choices.length === 0) return null;
  const messages = choices.map((choice) => {
    if (!isObject(choice)) return null;
    if (typeof choice.text === "string") return messageOf("assistant", [{ kind: "text", text: choice.text }]);
    return oneMessage(choice.message ?? choice.delta ?? null);
  });
  return messages.every((message) => message !== null) ? messages : null;
}

function responsesOutput(value: Json): Message[] | null {
  return isObject(value) ? plainList(value.output ?? null) : null;
}

/** {instructions, input}: of the Responses API only with a list, as any record may have `input`. */
function responsesInput(value: Json): Message[] | null {
  if (!isObject(value)) return null;
  const messages = plainList(value.input ?? null);
  if (messages) return [...systemMessage(value.instructions), ...messages];
  if (typeof value.input !== "string" || typeof value.instructions !== "string") return null;
  return [...systemMessage(value.instructions), messageOf("user", [{ kind: "text", text: value.input }])];
}

function geminiContent(value: Json, role: string): Message | null {
  if (typeof value === "string") return messageOf(role, [{ kind: "text", text: value }]);
  if (!isObject(value) || !isList(value.parts)) return null;
  return messageOf(textOf(value.role) ?? role, partsOf(value.parts));
}

function geminiContents(value: Json): Message[] | null {
  if (!isObject(value) || value.contents === undefined) return null;
  const contents = isList(value.contents) ? value.contents : [value.contents];
  const messages = contents.map((content) => geminiContent(content!, "user"));
  if (!messages.every((message) => message !== null)) return null;
  const config = isObject(value.config) ? value.config : {};
  const system = value.system_instruction ?? value.systemInstruction ?? config.system_instruction;
  return [...systemMessage(system), ...messages];
}

/** A candidate that was blocked has no content; its reason is told. */
function geminiCandidate(value: Json): Message | null {
  if (!isObject(value)) return null;
  const message = geminiContent(value.content ?? null, "model");
  const reason = textOf(value.finishReason) ?? textOf(value.finish_reason);
  return message ?? (reason ? messageOf("model", [], reason) : null);
}

function geminiCandidates(value: Json): Message[] | null {
  if (!isObject(value) || !isList(value.candidates)) return null;
  const messages = value.candidates.map(geminiCandidate);
  return messages.every((message) => message !== null) ? messages : null;
}

const SPEAKER = /^(System|Human|AI|Tool|Function): ?/m;

/** {prompts: ["System: …\nHuman: …"]}: conversations that LangChain made one text of. */
function langchainPrompts(value: Json): Message[] | null {
  if (!isObject(value) || !isList(value.prompts)) return null;
  const messages = value.prompts.map((prompt) => {
    if (typeof prompt !== "string") return null;
    // Texts stand at even places, those who speak them at odd ones; the first text has no speaker.
    const pieces = prompt.split(SPEAKER);
    return pieces.flatMap((piece, index) => {
      if (index % 2 === 1 || (index === 0 && piece.trim() === "")) return [];
      return [messageOf(index === 0 ? "human" : pieces[index - 1]!.toLowerCase(), partsOf(piece.trimEnd()))];
    });
  });
  return messages.every((each) => each !== null) ? messages.flat() : null;
}

/** {generations: [[{text, message}]]} */
function langchainGenerations(value: Json): Message[] | null {
  if (!isObject(value) || !isList(value.generations)) return null;
  const generations = value.generations.flatMap((each) => (isList(each) ? each : [each]));
  const messages = generations.map((generation) => {
    if (!isObject(generation)) return null;
    const message = oneMessage(generation.message ?? null);
    const text = textOf(generation.text);
    return message ?? (text === undefined ? null : messageOf("ai", [{ kind: "text", text }]));
  });
  return messages.every((message) => message !== null) ? messages : null;
}

/** One message by itself, or Anthropic's answer reduced to its blocks. */
function singleMessage(value: Json): Message[] | null {
  const message = oneMessage(value);
  if (message) return [message];
  if (!isObject(value)) return null;
  const blocks = value.content;
  if (isList(blocks) && blocks.length > 0 && blocks.every((block) => isObject(block) && typeof block.type === "string"))
    return [messageOf("assistant", partsOf(blocks))];
  const inner = value.message;
  const wrapped = isObject(inner) ? oneMessage(inner) : null;
  return wrapped ? [wrapped] : null;
}
