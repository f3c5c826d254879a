import * as z from 'zod';
import { TOPIC_NAME_BYTES_MAX } from './limits.ts';

const loneSurrogate = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/**
 * Whether `text` is well-formed Unicode: no half of a surrogate pair stands alone. Only such text survives
 * UTF-8 unchanged, so nothing else is accepted where the same text must come back.
 */
function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text);
}

/**
 * A topic's name: well-formed Unicode, 1 to `TOPIC_NAME_BYTES_MAX` UTF-8 bytes, compared exactly (no
 * trimming, case folding or normalization). Slashes, control characters and `__proto__` are fine; in a
 * path the name is percent-encoded.
 */
export const topicNameSchema = z
  .string('the topic name is missing, or is no string')
  .min(1, 'the topic name is empty')
  .refine(isWellFormed, 'the topic name is not well-formed Unicode')
  .refine(fitsTopicName, `the topic name is longer than ${TOPIC_NAME_BYTES_MAX} bytes in UTF-8`);

function fitsTopicName(name: string): boolean {
  if (name.length > TOPIC_NAME_BYTES_MAX) return false;
  // A UTF-16 unit is at most three bytes of UTF-8, so most names need no encoding to be measured.
  return (
    name.length * 3 <= TOPIC_NAME_BYTES_MAX || utf8.encode(name).length <= TOPIC_NAME_BYTES_MAX
  );
}
