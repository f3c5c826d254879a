import * as z from 'zod';
import { fitsBytes, isWellFormed } from './well-formed.ts';

/** Schemas of fields, with words that follow the field's name: see `parseBody`. */

/** An object with these fields and no others. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `must not have ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
        : 'must be an object',
  });
}

export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const text =
    max === Number.MAX_SAFE_INTEGER
      ? `must be a whole number from ${min}`
      : `must be a whole number from ${min} to ${max}`;
  return z.number(text).int(text).min(min, text).max(max, text);
}

/** Well-formed Unicode, not empty. */
export function shortText(bytesMax: number) {
  return z
    .string('must be a string')
    .min(1, 'must not be empty')
    .refine(isWellFormed, 'must be well-formed Unicode')
    .refine((text) => fitsBytes(text, bytesMax), `must have at most ${bytesMax} bytes in UTF-8`);
}

/** A time like `2026-03-01T12:00:00.000Z` (RFC 3339). */
export const timeSchema = z.iso.datetime({
  offset: true,
  error: 'must be a time like 2026-03-01T12:00:00Z',
});
