import * as z from 'zod';
import { topicNameSchema } from './topic-name.ts';

/**
 * Bodies of the seed API. Requests may carry further keys, which are ignored; replies carry exactly the
 * keys shown, in this order, without spaces.
 */

/** A message's text: any string that JSON can hold, also an empty one; what is popped equals what was published. */
export const messageTextSchema = z.string('the message is missing, or is no string');

/** `{"topic":"orders"}` */
export const createTopicBodySchema = z.object({ topic: topicNameSchema });

/** `{"topic":"orders","message":"hello"}` */
export const publishBodySchema = z.object({ topic: topicNameSchema, message: messageTextSchema });

/** `/message/:topic`, percent-decoded. */
export const topicParamsSchema = z.object({ topic: topicNameSchema });

/** `{"success":true}` */
export const successSchema = z.object({ success: z.literal(true) });

/** `{"success":false}`: why stands in the `RRMQ-Error` header. */
export const refusalSchema = z.object({ success: z.literal(false) });

/** `{"success":true,"topics":["orders"]}` in creation order. */
export const topicsSchema = z.object({ success: z.literal(true), topics: z.array(z.string()) });

/** `{"success":true,"message":"hello"}` */
export const poppedSchema = z.object({ success: z.literal(true), message: z.string() });

/** A node's role as the wire says it; a pre-candidate shows as `Follower`. */
export const roleSchema = z.enum(['Leader', 'Follower', 'Candidate']);

export type Role = z.infer<typeof roleSchema>;

/** `{"role":"Leader","term":3}` */
export const statusSchema = z.object({ role: roleSchema, term: z.number().int().min(0) });

export type NodeStatus = z.infer<typeof statusSchema>;
