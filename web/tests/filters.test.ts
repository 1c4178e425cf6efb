import { describe, expect, it } from "vitest";
import { FIELDS, OPERATORS, takesKey } from "../src/query/fields";
import { conditionProblem, decodeFilters, encodeFilters, filtersToOql } from "../src/query/filters";
import { oqlError } from "../src/query/oql";

describe("filters", () => {
  it("survive the address bar", () => {
    const conditions = [
      { field: "name", operator: "contains", value: "a+b" },
      { field: "metadata", operator: "=", key: "a.b", value: "" },
      { field: "error_info", operator: "is_empty", value: "" },
    ];
    expect(decodeFilters(encodeFilters("traces", conditions))).toEqual(conditions);
  });

  it("leave out what is not complete", () => {
    expect(encodeFilters("traces", [{ field: "name", operator: "=", value: " " }])).toBe("");
    expect(encodeFilters("traces", [{ field: "duration", operator: ">", value: "1e3" }])).toBe("");
    expect(encodeFilters("traces", [{ field: "feedback_scores", operator: ">", value: "1" }])).toBe("");
  });

  it("send instants", () => {
    const text = encodeFilters("traces", [{ field: "start_time", operator: ">", value: "2024-01-01T00:00:00Z" }]);
    expect(JSON.parse(text)[0].value).toBe("2024-01-01T00:00:00.000Z");
  });

  it("read nothing from what is no filter", () => {
    expect(decodeFilters("{")).toEqual([]);
    expect(decodeFilters('[1, {"field": 1}]')).toEqual([]);
    expect(decodeFilters(null)).toEqual([]);
  });

  it.each(["traces", "spans", "threads"] as const)("of all fields and operators of %s are OQL", (kind) => {
    for (const field of FIELDS[kind]) {
      for (const operator of OPERATORS[field.type]) {
        const condition = {
          field: field.name,
          operator,
          value: field.type === "date_time" ? "2024-01-01T00:00:00Z" : "5",
          ...(takesKey(field.type) ? { key: "input.a b" } : {}),
        };
        expect(conditionProblem(kind, condition)).toBeNull();
        expect(oqlError(kind, filtersToOql(kind, [condition, condition]))).toBeNull();
      }
    }
  });
});
