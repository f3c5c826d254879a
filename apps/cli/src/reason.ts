import { types } from 'node:util';

/**
 * Why something failed, for a person. Errors of the system are told without the call and the path that failed: whoever
 * reports them names what was asked for, not files of our own.
 */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const [, code, text] = /^([A-Z0-9]+): ([^,]+), /.exec(error.message) ?? [];
  return code === undefined ? error.message : `${text} (${code})`;
}
