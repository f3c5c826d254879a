import type { Life } from './life.ts';

/** The lives of all topics by what they carry: a redrive publishes a message anew, in whatever topic. */
export class Bodies {
  readonly #lives = new Map<string, Life[]>();

  add(life: Life): void {
    const text = life.body.toString('latin1');
    const others = this.#lives.get(text);
    if (others === undefined) this.#lives.set(text, [life]);
    else others.push(life);
  }

  /** A message with this body came by a redrive; why that cannot be, if so. */
  move(body: Buffer): string | undefined {
    const lives = this.#lives.get(body.toString('latin1'));
    if (lives === undefined) return 'was published by nobody';
    const origin = lives.find(({ end }) => end !== 'acked' && end !== 'moved');
    if (origin === undefined) return 'is back, though its like was acked, or came back before';
    origin.end = 'moved';
    return undefined;
  }
}
