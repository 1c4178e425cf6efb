/** A field for a date and time; seconds show only where there are some. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fromLocalInput, toLocalInput } from "../query/time_range";

interface Props {
  value: string;
  onChange: (value: string) => void;
  label?: string;
}

export function TimeInput({ value, onChange, label }: Props): VNode {
  const [text, setText] = useState(toLocalInput(value));
  // A year that is half typed is a date too: what is typed stays as long as it means the same.
  useEffect(() => {
    if (fromLocalInput(text) !== value) setText(toLocalInput(value));
  }, [value]);
  return (
    <input
      type="datetime-local"
      step="any"
      aria-label={label}
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        onChange(fromLocalInput(event.currentTarget.value));
      }}
    />
  );
}
