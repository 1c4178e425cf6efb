import { expect, it } from "vitest";
import { EventParser } from "../src/api/events";

it("cuts events wherever the stream was cut", () => {
  const text = 'event: trace\ndata: {"id":1}\n\n: comment\n\nevent: ping\n\ndata: a\r\ndata: b\r\n\r\n';
  const wanted = [
    { event: "trace", data: '{"id":1}' },
    { event: "ping", data: "" },
    { event: "message", data: "a\nb" },
  ];
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
    expect(events).toEqual(wanted);
  }
});
