/** What an error says, in one line; of OpenSSL's errors only their reason, without places in its source. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  return /:SSL routines:[^:]*:([^:]+):/.exec(text)?.[1] ?? text;
}
