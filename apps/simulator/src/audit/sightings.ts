import type { QueueResult } from '@rrmq/queue';

/** What may be seen of the queue; all of it is reported, so that a 0 shows. */
const SIGHTINGS = [
  'redelivered',
  'dead-lettered',
  'expired-discarded',
  'dropped',
  'redriven',
  'purged',
  'topic-deleted',
  'publish-repeated',
  'dedup-repeated',
  'once-repeated',
  'settled-again',
  'settled-too-late',
  'settled-otherwise',
  'extended',
  'put-off',
  'advanced',
  'paused',
  'topic-full',
] as const;

export type Sighting = (typeof SIGHTINGS)[number];

/** Counts what results tell of. */
export class Sightings {
  readonly counts = new Map<Sighting, number>(SIGHTINGS.map((sighting) => [sighting, 0]));

  add(sighting: Sighting, count = 1): void {
    this.counts.set(sighting, (this.counts.get(sighting) ?? 0) + count);
  }

  result(result: QueueResult): void {
    if (!result.ok) {
      if (result.code === 'paused' || result.code === 'topic-full') this.add(result.code);
      return;
    }
    switch (result.kind) {
      case 'published':
        if (result.duplicate) this.add('publish-repeated');
        return this.add('dedup-repeated', result.repeated.length);
      case 'received':
      case 'settled':
        for (const settled of result.settled) {
          if (settled.ok && settled.already) this.add('settled-again');
          if (settled.ok && settled.leaseExpiresAt !== undefined) this.add('extended');
          if (!settled.ok && settled.code === 'lease-lost') this.add('settled-too-late');
          if (!settled.ok && settled.code === 'settled-otherwise') this.add('settled-otherwise');
        }
        if (result.kind === 'settled') return;
        this.add(
          'redelivered',
          result.deliveries.filter(({ deliveries }) => deliveries > 1).length,
        );
        return;
      case 'redriven':
        return this.add('redriven', result.moved);
      case 'purged':
        return this.add('purged', result.purged);
      case 'topic-deleted':
      case 'advanced':
        return this.add(result.kind);
      default:
    }
  }
}
