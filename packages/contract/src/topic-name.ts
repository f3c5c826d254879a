import * as z from 'zod';
import { TOPIC_NAME_BYTES_MAX } from './limits.ts';
import { fitsBytes, isWellFormed } from './well-formed.ts';

/**
 * A topic's name: well-formed Unicode, 1 to `TOPIC_NAME_BYTES_MAX` UTF-8 bytes, compared exactly (no
 * trimming, case folding or normalization). Slashes, control characters and `__proto__` are fine; in a
 * path the name is percent-encoded.
 */
export const topicNameSchema = z
  .string('the topic name is missing, or is no string')
  .min(1, 'the topic name is empty')
  .refine(isWellFormed, 'the topic name is not well-formed Unicode')
  .refine(
    (name) => fitsBytes(name, TOPIC_NAME_BYTES_MAX),
    `the topic name is longer than ${TOPIC_NAME_BYTES_MAX} bytes in UTF-8`,
  );
