/** The query line: OQL with completion, and the place where it is wrong. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Kind } from "../query/fields";
import { completeOql, oqlError, type Completion, type Hints, type OqlError } from "../query/oql";
import { useDraft } from "../state/draft";

interface Props {
  kind: Kind;
  value: string;
  hints: Hints;
  /** What the server said of the query that was sent. */
  serverError: OqlError | null;
  onSubmit: (text: string) => void;
}

const NONE: Completion = { from: 0, to: 0, options: [] };

export function OqlLine({ kind, value, hints, serverError, onSubmit }: Props): VNode {
  const [text, setText] = useDraft(value);
  const [completion, setCompletion] = useState<Completion>(NONE);
  const [choice, setChoice] = useState(-1);
  const [tried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const nextCursor = useRef<number | null>(null);
  // With the new text, before another key can come: a later move would tear typed text apart.
  useLayoutEffect(() => {
    if (nextCursor.current === null) return;
    input.current?.setSelectionRange(nextCursor.current, nextCursor.current);
    nextCursor.current = null;
  });

  const complete = (next: string, cursor: number) => {
    setCompletion(completeOql(kind, next, cursor, hints));
    setChoice(-1);
  };
  const close = () => {
    setCompletion(NONE);
    setChoice(-1);
  };
  const take = (index: number) => {
    const option = completion.options[index];
    if (!option) return;
    const next = text.slice(0, completion.from) + option.text + text.slice(completion.to);
    const cursor = completion.from + option.text.length;
    nextCursor.current = cursor;
    setText(next);
    complete(next, cursor);
  };
  const submit = () => {
    close();
    setTried(true);
    if (oqlError(kind, text) === null) onSubmit(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = completion.options.length;
    const open = count > 0;
    if (event.key === "ArrowDown" && open) setChoice((choice + 1) % count);
    else if (event.key === "ArrowDown") complete(text, input.current?.selectionStart ?? text.length);
    else if (event.key === "ArrowUp" && open) setChoice((choice + count) % (count + 1) - (choice <= 0 ? 1 : 0));
    else if (event.key === "Tab" && open && choice >= 0) take(choice);
    else if (event.key === "Enter" && open && choice >= 0) take(choice);
    else if (event.key === "Enter") submit();
    else if (event.key === "Escape" && open) close();
    else if (event.key === "Escape") input.current?.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const problem = (tried && oqlError(kind, text)) || (text.trim() === value ? serverError : null);
  return (
    <>
      <div class="oql">
        <input
          ref={input}
          role="combobox"
          aria-label="OQL query"
          aria-autocomplete="list"
          aria-expanded={completion.options.length > 0}
          aria-controls="oql-options"
          aria-activedescendant={choice >= 0 ? `oql-option-${choice}` : undefined}
          aria-invalid={problem !== null}
          aria-describedby={problem ? "oql-problem" : undefined}
          placeholder='OQL: name contains "chat" AND duration > 1000'
          spellcheck={false}
          autocomplete="off"
          value={text}
          onInput={(event) => {
            const field = event.currentTarget;
            setText(field.value);
            setTried(false);
            complete(field.value, field.selectionStart ?? field.value.length);
            if (field.value === "" && value !== "") onSubmit("");
          }}
          onFocus={() => complete(text, input.current?.selectionStart ?? text.length)}
          onBlur={close}
          onKeyDown={onKeyDown}
        />
        {completion.options.length > 0 && (
          <ul class="oql-list" id="oql-options" role="listbox" aria-label="Suggestions">
            {completion.options.map((option, index) => (
              <li
                key={option.text}
                id={`oql-option-${index}`}
                role="option"
                aria-selected={index === choice}
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(index);
                }}
              >
                {option.text}
                <span>{option.detail}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {problem && <OqlProblem text={text} problem={problem} />}
    </>
  );
}

/** The query with a mark below the column; a long one is cut around it. */
function OqlProblem({ text, problem }: { text: string; problem: OqlError }): VNode {
  const characters = [...text];
  const start = Math.max(0, problem.column - 40);
  const shown = characters.slice(start, start + 80).join("").replace(/\s/g, " ");
  return (
    <div class="oql-error" id="oql-problem" role="alert" style={{ flexBasis: "100%", order: 10 }}>
      Column {problem.column}: {problem.message}
      <pre aria-hidden="true">{`${shown}\n${" ".repeat(Math.max(0, problem.column - 1 - start))}▲`}</pre>
    </div>
  );
}
