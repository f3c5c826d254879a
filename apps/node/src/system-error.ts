/**
 * The code of an error of the operating system, such as `ENOENT`; `undefined` for other errors. By its shape: tests have
 * more than one class `Error`.
 */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
