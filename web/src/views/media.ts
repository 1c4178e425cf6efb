/** Images and audio inside records: data URLs, base64, addresses. */
import type { Json, JsonObject } from "../api/types";

export interface Media {
  kind: "image" | "audio";
  /** A data URL that can be shown, or null when the data is elsewhere. */
  source: string | null;
  /** What the record says in its place: an address or a name. */
  label: string;
}

/** How base64 of the usual formats begins. */
const MAGIC: readonly [prefix: string, type: string][] = [
  ["/9j/", "image/jpeg"],
  ["iVBORw0KGgo", "image/png"],
  ["R0lGODlh", "image/gif"],
  ["R0lGODdh", "image/gif"],
  ["UklGR", "image/webp"],
  ["Qk", "image/bmp"],
];
const AUDIO_MAGIC: readonly [prefix: string, type: string][] = [
  ["UklGR", "audio/wav"],
  ["SUQz", "audio/mpeg"],
  ["//v", "audio/mpeg"],
  ["//N", "audio/mpeg"],
  ["T2dnUw", "audio/ogg"],
  ["ZkxhQw", "audio/flac"],
];
const SAFE_DATA_URL = /^data:(image\/(?:png|jpeg|jpg|gif|webp|bmp|avif|svg\+xml)|audio\/[\w.+-]+)[^,]*;base64,[A-Za-z0-9+/=\s]+$/;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}$/;

function asText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

/** An image or sound that is a text by itself; short texts are left alone. */
export function mediaOfText(value: string): Media | null {
  if (value.startsWith("data:")) {
    const match = SAFE_DATA_URL.exec(value);
    return match ? { kind: match[1]!.startsWith("image") ? "image" : "audio", source: value, label: match[1]! } : null;
  }
  if (value.length < 60 || !BASE64.test(value.slice(0, 400))) return null;
  const found = MAGIC.find(([prefix]) => value.startsWith(prefix) && prefix.length > 2);
  if (found?.[0] === "UklGR") {
    const kind = atob(value.slice(0, 16)).slice(8, 12);
    return fromBase64(kind === "WAVE" ? "audio/wav" : "image/webp", value);
  }
  if (found) return fromBase64(found[1], value);
  const sound = AUDIO_MAGIC.find(([prefix]) => value.startsWith(prefix) && prefix.length > 3);
  return sound ? fromBase64(sound[1], value) : null;
}

function fromBase64(type: string, data: string): Media | null {
  const url = `data:${type};base64,${data}`;
  if (!SAFE_DATA_URL.test(url)) return null;
  return { kind: type.startsWith("audio") ? "audio" : "image", source: url, label: type };
}

function fromAddress(kind: Media["kind"], url: string): Media {
  const own = url.startsWith("data:") ? mediaOfText(url) : null;
  // Other hosts are never asked: such an address is shown as text.
  return own ?? { kind, source: null, label: url.slice(0, 200) };
}

/** A content block of OpenAI, Anthropic, LangChain or Gemini that is an image or a sound. */
export function mediaOf(block: JsonObject): Media | null {
  return openai(block) ?? sourced(block) ?? gemini(block);
}

function openai(block: JsonObject): Media | null {
  if (block.type === "image_url" || block.type === "input_image") {
    const url = asText(block.image_url) ?? asText(asObject(block.image_url)?.url);
    return url === undefined ? null : fromAddress("image", url);
  }
  if (block.type !== "input_audio" && block.type !== "audio") return null;
  const inner = asObject(block.input_audio) ?? asObject(block.audio) ?? block;
  const data = asText(inner.data);
  if (data === undefined) return null;
  const format = asText(inner.format) ?? "wav";
  const own = data.startsWith("data:") ? mediaOfText(data) : fromBase64(`audio/${format === "mp3" ? "mpeg" : format}`, data);
  return own ?? { kind: "audio", source: null, label: data.slice(0, 100) };
}

/** {type: "image", source: {type: "base64", media_type, data}}, {type: "image", base64, mime_type} */
function sourced(block: JsonObject): Media | null {
  if (block.type !== "image") return null;
  const source = asObject(block.source) ?? block;
  const data = asText(source.data) ?? asText(source.base64);
  if (data !== undefined) {
    const type = asText(source.media_type) ?? asText(source.mime_type) ?? "image/png";
    return fromBase64(type, data) ?? { kind: "image", source: null, label: data.slice(0, 100) };
  }
  const url = asText(source.url);
  return url === undefined ? null : fromAddress("image", url);
}

function gemini(block: JsonObject): Media | null {
  const inline = asObject(block.inline_data) ?? asObject(block.inlineData);
  if (inline) {
    const type = asText(inline.mime_type) ?? asText(inline.mimeType) ?? "";
    const data = asText(inline.data) ?? "";
    const kind = type.startsWith("audio") ? "audio" : "image";
    return fromBase64(type, data) ?? { kind, source: null, label: data.slice(0, 100) || type };
  }
  const file = asObject(block.file_data) ?? asObject(block.fileData);
  const uri = asText(file?.file_uri) ?? asText(file?.fileUri);
  return uri === undefined ? null : { kind: "image", source: null, label: uri };
}

const MEDIA_MAX = 50;

/** Every image and sound in a value, with the path it stands at. */
export function findMedia(value: Json | undefined): { path: string; media: Media }[] {
  const found: { path: string; media: Media }[] = [];
  const walk = (at: Json, path: string, depth: number): void => {
    if (found.length >= MEDIA_MAX || depth > 40 || at === null) return;
    if (typeof at === "string") {
      const media = mediaOfText(at);
      if (media) found.push({ path, media });
    } else if (Array.isArray(at)) {
      at.forEach((item, index) => walk(item, `${path}[${index}]`, depth + 1));
    } else if (typeof at === "object") {
      const own = mediaOf(at);
      if (own?.source) found.push({ path, media: own });
      else for (const [name, item] of Object.entries(at)) walk(item, path ? `${path}.${name}` : name, depth + 1);
    }
  };
  if (value !== undefined) walk(value, "", 0);
  return found;
}
