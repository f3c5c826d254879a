/** The code of an error of the system or a library. Not by `instanceof`: errors come from more than one realm. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
