import { describe, expect, it } from 'vitest';
import { fitFileName, NO_FIELDS, submissionOf } from './submission.ts';

describe('a submission', () => {
  const parts = { source: 'export default () => 1;', fileName: 'job.ts', args: undefined, fields: NO_FIELDS };

  it('says only what somebody filled in', () => {
    expect(submissionOf(parts)).toEqual({ source: parts.source, fileName: 'job.ts' });
    const fields = { name: ' digits ', submitter: 'Ada', purpose: '', priority: '2', trust: 'own' } as const;
    expect(submissionOf({ ...parts, args: { n: 1 }, fields })).toEqual({
      ...{ source: parts.source, fileName: 'job.ts', args: { n: 1 } },
      ...{ name: 'digits', submitter: 'Ada', priority: 2, trust: 'own' },
    });
  });

  it('gives an uploaded file a name that the server takes', () => {
    expect(fitFileName('my job (2).ts')).toBe('my-job-2-.ts');
    expect(fitFileName('../../etc/passwd')).toBe('..-..-etc-passwd');
    expect(fitFileName('')).toBe('job.ts');
    expect(fitFileName(`${'x'.repeat(200)}.ts`)).toHaveLength(100);
  });
});
