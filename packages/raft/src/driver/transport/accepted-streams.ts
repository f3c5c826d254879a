import type { NodeId } from '../../core/numbers.ts';
import type { PeerStream } from '../../ports.ts';
import { AcceptedStream, type AcceptedStreamOwner } from './accepted-stream.ts';
import type { Greeting } from './greeting.ts';
import type { TransportContext } from './transport-context.ts';

/** Accepted streams: two for each of many peers, as many again that are just being replaced, and no more. */
const ACCEPTED_MAX = 256;

/** With so few again, the next crowd is another one, and told of. */
const CROWD_OVER = ACCEPTED_MAX / 2;

/** The streams that others opened to us. */
export class AcceptedStreams {
  readonly #context: TransportContext;
  readonly #owner: AcceptedStreamOwner;
  /** In the order of their arrival. */
  readonly #streams = new Set<AcceptedStream>();
  #toldCrowd = false;

  constructor(context: TransportContext, owner: AcceptedStreamOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /**
   * To be called in `accept` of the network. When there are too many, the oldest one that has proven nothing makes room:
   * a peer proves itself within milliseconds, and a crowd of strangers does not keep it out.
   */
  add(stream: PeerStream): void {
    const isCrowded = this.#streams.size >= ACCEPTED_MAX;
    this.#streams.add(
      new AcceptedStream(this.#context, stream, {
        ...this.#owner,
        over: (which) => {
          this.#streams.delete(which);
          this.#owner.over(which);
        },
      }),
    );
    if (isCrowded) this.#makeRoom();
    else if (this.#streams.size <= CROWD_OVER) this.#toldCrowd = false;
  }

  /** Ends the streams whose hello is chosen; all of them by default. */
  close(which?: (hello: Greeting) => boolean): void {
    for (const stream of this.#streams) {
      const { hello } = stream;
      if (which === undefined || (hello !== undefined && which(hello))) stream.close();
    }
  }

  /** The nodes that have a stream here and have proven that they are who they say. */
  provenIds(): ReadonlySet<NodeId> {
    const ids = new Set<NodeId>();
    for (const { isProven, hello } of this.#streams) {
      if (isProven && hello !== undefined) ids.add(hello.from);
    }
    return ids;
  }

  /** The newest one has proven nothing yet, so that there is always one to close. */
  #makeRoom(): void {
    for (const stream of this.#streams) {
      if (stream.isProven) continue;
      stream.close();
      break;
    }
    if (this.#toldCrowd) return;
    this.#toldCrowd = true;
    this.#context.strangers.tell({ kind: 'too-many-streams' });
  }
}
