/**
 * Rows as the server of protocol version 1 wrote them, before there were tabs, strangers and digests of values: a host that
 * has one result in its store and runs a task on it, and a driver with an actor and a value it put.
 */
import type { TableName } from '#shared/ports/storage.ts';

/** Rows by table and key, in hexadecimal. */
export const FORMER_ROWS: Partial<Record<TableName, Readonly<Record<string, string>>>> = {
  sessions: {
    1: '026e3004626c7565010000d00f01046469736bf4030000e80703000003',
    2: '026e310664726976657201010000000100e8070a0301020302010200',
  },
  jobs: {
    1: '036a6f620200e807000000040300000000000000000000',
  },
  functions: {
    0: '016d0d6a6f622e74732373717561726500',
    1: '016d0e6a6f622e747323436f756e74657201',
    2: '0003696e6302',
  },
  objects: {
    8589934593: '010101020303010203000100000104',
    8589934594: '01030201c0843d0001000002048a80808040000100000000000002030101000000e807e807',
    8589934595: '010301020303010203000100000104000100010100000003030001000000e807e807',
    8589934596: '01010102c0843d0107000000000104',
    8589934597: '01030000000001000001040001000000000182808080200005020001010000e807e807',
  },
  actors: {
    8589934595: '0101010000',
  },
  options: {
    0:
      '8f01' +
      hexOf(
        '{"cpuMilli":1000,"custom":{},"maxRetries":3,"retryExceptions":false,"runtimeMs":0,"name":"","namespace":"","maxRestarts":0,"maxPendingCalls":0}',
      ),
    1:
      'b701' +
      hexOf(
        '{"cpuMilli":1000,"custom":{},"maxRetries":3,"retryExceptions":false,"runtimeMs":0,"name":"","namespace":"","maxRestarts":0,"maxPendingCalls":0,"className":"Counter","methods":["inc"]}',
      ),
  },
};

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}
