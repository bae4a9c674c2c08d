/** Style sheets as a page's scripts import them: Vite puts them into files of their own. */
declare module '*.css';
declare module '*.module.css' {
  const classNames: Readonly<Record<string, string>>;
  // eslint-disable-next-line import/no-default-export
  export default classNames;
}
