/** Fields that are shown elsewhere in the line, or are the same in all lines. */
const SHOWN_APART = new Set(['level', 'time', 'msg', 'event', 'node', 'err']);

/** One line of the JSON log as a person likes to read it: `10:21:03.120 info  leads the cluster (term 2)`. */
export function formatLine(line: string): string {
  const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const details = Object.entries(fields)
    .filter(([key]) => !SHOWN_APART.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = String(fields['time']).slice('2026-01-01T'.length, -'Z'.length);
  const level = String(fields['level']).padEnd(5);
  const text = [time, level, String(fields['msg']), ...details].join(' ');
  return `${text}\n${stackOf(fields['err'])}`;
}

function stackOf(error: unknown): string {
  const hasStack = typeof error === 'object' && error !== null && 'stack' in error;
  return hasStack ? `${String(error.stack)}\n` : '';
}
