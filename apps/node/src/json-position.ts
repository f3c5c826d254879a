/** Line and column, from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/**
 * Where `text`, which is no JSON, stops to be the beginning of one. The messages of `JSON.parse` tell it only at times.
 */
export function findJsonError(text: string): TextPosition {
  // Once a beginning is wrong every longer one is: the last good one is found by halving.
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (beginsJson(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const lines = text.slice(0, good).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Whether `text` is JSON or misses nothing but its end. */
function beginsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    if (position !== undefined && Number(position) >= text.length) return true;
    return /end of JSON input|unterminated string/i.test(message);
  }
}
