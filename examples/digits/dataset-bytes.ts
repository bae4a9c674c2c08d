// The committed digits, embedded by the bundler into the job's one module. A module of its own, so that only `main`,
// which imports it when it needs it, pays for decoding the 1.6 MB; a worker that only trains never does.
export { default as compressedDigits } from './digits.bin.gz';
