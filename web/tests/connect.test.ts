/** What the page of connecting shows; tests/api/test_otel_exporter.py runs it. */
import { describe, expect, it } from "vitest";
import { otelHeader } from "../src/pages/connect";

describe("otelHeader", () => {
  it("encodes what an environment's list of headers cannot hold", () => {
    expect(otelHeader("plain")).toBe("plain");
    expect(otelHeader("it's 50% (of) \"$HOME\"; more!")).toBe(
      "it%27s%2050%25%20%28of%29%20%22%24HOME%22%3B%20more%21",
    );
  });

  it("encodes twice what is beyond ASCII", () => {
    expect(otelHeader("Zürich 50%")).toBe("Z%25C3%25BCrich%252050%2525");
    expect(otelHeader("项")).toBe("%25E9%25A1%25B9");
  });
});
