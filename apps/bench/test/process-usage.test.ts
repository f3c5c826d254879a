import { describe, expect, it } from '@jest/globals';
import { parseBusyMs, parseCpuMs, parseField } from '../src/machine/process-usage.ts';

describe('what /proc says', () => {
  it('processor time is found behind a name with spaces and brackets', () => {
    const stat = '42 (a) b (c) S 1 42 42 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 11 0 1000 1 2';
    expect(parseCpuMs(stat)).toBe(3000);
  });

  it('a field is found by its whole name', () => {
    const status = 'VmHWM:\t  900 kB\nVmRSS:\t  800 kB\nRssAnon:\t  500 kB\n';
    expect(parseField(status, 'VmRSS')).toBe(800);
    expect(parseField(status, 'RssAnon')).toBe(500);
    expect(parseField('cancelled_write_bytes: 5\nwrite_bytes: 4096\n', 'write_bytes')).toBe(4096);
    expect(parseField(status, 'VmSwap')).toBe(0);
  });

  it('a machine is busy with everything but idling and waiting for disks', () => {
    expect(parseBusyMs('cpu  10 1 5 1000 300 2 3 4 0 0\ncpu0 1 1 1 1\n')).toBe(250);
  });
});
