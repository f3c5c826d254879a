import { describe, expect, it } from '@jest/globals';
import {
  formatBytes,
  formatCount,
  formatFigure,
  formatPercent,
  UNKNOWN,
} from '../src/quantities.ts';
import { formatTable } from '../src/table.ts';

describe('a table', () => {
  it('has its first column flush left and the others flush right, as wide as they must be', () => {
    const rows = [
      ['1', '0.7', '12,345'],
      ['a long name', '0.55', '9'],
    ];
    expect(formatTable(['what', 'ratio', 'x'], rows).split('\n')).toEqual([
      'what         ratio       x',
      '-----------  -----  ------',
      '1              0.7  12,345',
      'a long name   0.55       9',
    ]);
  });

  it('takes rows with cells missing, and no rows', () => {
    expect(formatTable(['a', 'b'], [['1']])).toBe('a  b\n-  -\n1');
    expect(formatTable(['a', 'b'], [])).toBe('a  b\n-  -');
  });
});

describe('quantities', () => {
  it.each([
    [0, '0.00'],
    [0.444, '0.44'],
    [12.34, '12.3'],
    [123.4, '123'],
    [12_345.6, '12,346'],
    [undefined, UNKNOWN],
    [Number.NaN, UNKNOWN],
  ])('the figure %p reads %s', (value, expected) => {
    expect(formatFigure(value)).toBe(expected);
  });

  it.each([
    [512, '512 B'],
    [4096, '4.0 KiB'],
    [18_140_365, '17.3 MiB'],
    [undefined, UNKNOWN],
  ])('%p bytes read %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it('counts have commas, percents a digit more below ten', () => {
    expect(formatCount(1234567.8)).toBe('1,234,568');
    expect(formatPercent(0.42)).toBe('0.4%');
    expect(formatPercent(93.4)).toBe('93%');
    expect(formatPercent(undefined)).toBe(UNKNOWN);
  });
});
