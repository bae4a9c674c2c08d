import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';

describe('CSV', () => {
  it('quotes what has to be quoted', () => {
    const row = { id: '3.17', note: 'a "b", c\nd', nodes: ['1', '2'], done: true, share: 0.5, none: null };
    expect(toCsv(Object.keys(row), [row])).toBe(
      'id,note,nodes,done,share,none\r\n3.17,"a ""b"", c\nd","[""1"",""2""]",true,0.5,\r\n',
    );
  });

  it('T3 gives a spreadsheet nothing to run', () => {
    expect(toCsv(['name', 'left'], [{ name: '=HYPERLINK("http://x")', left: -1 }])).toBe(
      'name,left\r\n"\'=HYPERLINK(""http://x"")",-1\r\n',
    );
  });
});
