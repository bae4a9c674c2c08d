// Files that the bundler embeds into a job as bytes.
declare module '*.gz' {
  const bytes: Uint8Array;
  export default bytes;
}
