import { describe, expect, it } from 'vitest';
import { browserFamily, browserText } from './browser-text.ts';

describe('browser text', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
      'browser Chromium 156',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.1',
      'browser Edge 156',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'browser Firefox 150'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Safari/605.1.15',
      'browser Safari 19',
    ],
    ['', 'browser'],
  ])('T1 says the family and main version, no more: %s', (userAgent, text) => {
    expect(browserText({ userAgent })).toBe(text);
  });

  it('S1 as a label it is the family alone', () => {
    expect(browserFamily({ userAgent: 'Gecko/20100101 Firefox/150.0' })).toBe('firefox');
    expect(browserFamily({ userAgent: '' })).toBe('other');
  });
});
