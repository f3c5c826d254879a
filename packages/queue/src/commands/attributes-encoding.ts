import type { ByteReader } from '../bytes/byte-reader.ts';
import { type ByteWriter, COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import type { Attributes } from './command.ts';
import { ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX } from './limits.ts';

/** Of a message that has none: no attributes have no bytes, a flag says whether there are some. */
export const NO_ATTRIBUTES: Attributes = [];

export function attributesBytes(attributes: Attributes): number {
  let size = COUNT_BYTES;
  for (const [name, value] of attributes) size += fieldBytes(name) + fieldBytes(value);
  return size;
}

/** `| u32 count, 1 … 64 | count × (field name | field value) |` */
export function writeAttributes(writer: ByteWriter, attributes: Attributes): void {
  writer.u32(attributes.length);
  for (const [name, value] of attributes) writer.field(name).field(value);
}

export function readAttributes(reader: ByteReader): Attributes {
  const count = reader.u32Within(1, ATTRIBUTES_MAX);
  const start = reader.left;
  const attributes: [string, string][] = [];
  while (attributes.length < count && !reader.failed) {
    attributes.push([reader.text(), reader.text()]);
  }
  if (start - reader.left - fieldBytes('') * 2 * count > ATTRIBUTES_BYTES_MAX) reader.fail();
  return attributes;
}
