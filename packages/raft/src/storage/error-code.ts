/** The `code` of a system error, such as `ENOENT`; `undefined` for other values. Errors of another realm count, too. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
