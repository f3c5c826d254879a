/** Each bit of the bytes turned over, each beginning of them, and one byte more behind them. */
export function* damaged(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield copy;
  }
  for (let length = 0; length < bytes.length; length += 1) yield bytes.subarray(0, length);
  yield Buffer.concat([bytes, Buffer.alloc(1)]);
}
