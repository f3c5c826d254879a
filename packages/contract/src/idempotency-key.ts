import * as z from 'zod';
import { KEY_BYTES_MAX } from './queue-limits.ts';

/**
 * An `Idempotency-Key`: for five minutes the command that was executed under it is not executed again; who sends it again
 * gets the answer that it had. One for the whole cluster: take a UUID.
 */
export const idempotencyKeySchema = z
  .string()
  .regex(new RegExp(`^[\\x21-\\x7e]{1,${KEY_BYTES_MAX}}$`));
