const loneSurrogate = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/**
 * Whether `text` is well-formed Unicode: no half of a surrogate pair stands alone. Only such text survives
 * UTF-8 unchanged, so nothing else is accepted where the same text must come back.
 */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text);
}

/** Whether `text` takes at most `bytesMax` bytes in UTF-8. */
export function fitsBytes(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return false;
  // A UTF-16 unit is at most three bytes of UTF-8, so most texts need no encoding to be measured.
  return text.length * 3 <= bytesMax || utf8Bytes(text) <= bytesMax;
}

export function utf8Bytes(text: string): number {
  return utf8.encode(text).length;
}
