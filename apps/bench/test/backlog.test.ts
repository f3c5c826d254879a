import { describe, expect, it } from '@jest/globals';
import { Backlog } from '../src/flow/backlog.ts';

/** Whether a promise resolves once all that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const turnOver = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([promise.then(() => true), turnOver]);
}

describe('the backlog of a flow', () => {
  it('lets publishes through up to its upper limit, those under way included', async () => {
    const backlog = new Backlog({ min: 0, max: 2 });
    await backlog.enter('publish');
    await backlog.enter('publish');
    const third = backlog.enter('publish');
    expect(await isSettled(third)).toBe(false);
    backlog.leave('publish', false);
    expect(await third).toBe(true);
    expect(backlog.messages).toBe(0);
  });

  it('lets pops through while more is there than its lower limit', async () => {
    const backlog = new Backlog({ min: 1, max: 10 });
    const pop = backlog.enter('pop');
    for (let count = 0; count < 2; count++) {
      await backlog.enter('publish');
      expect(await isSettled(pop)).toBe(false);
      backlog.leave('publish', true);
    }
    expect(await pop).toBe(true);
    expect(await isSettled(backlog.enter('pop'))).toBe(false);
    backlog.leave('pop', true);
    expect(backlog.messages).toBe(1);
  });

  it('a higher limit lets go on whoever waits', async () => {
    const backlog = new Backlog({ min: 0, max: 0 });
    const publish = backlog.enter('publish');
    backlog.limit({ min: 0, max: 1 });
    expect(await publish).toBe(true);
  });

  it('once finished there are no more publishes, and pops are not held back', async () => {
    const backlog = new Backlog({ min: 5, max: 0 });
    const [publish, pop] = [backlog.enter('publish'), backlog.enter('pop')];
    backlog.finish();
    expect(await publish).toBe(false);
    expect(await pop).toBe(true);
  });
});
