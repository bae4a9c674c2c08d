/**
 * An id: short, in type where no two characters look alike, copied with one click, and leading to what it names.
 */
import { Link } from '@tanstack/react-router';
import { CopyButton } from './copy-button.tsx';

/** What ids name, and where each has its page. */
const PAGES = {
  job: '/jobs/$id',
  node: '/nodes/$id',
  task: '/tasks/$id',
  actor: '/actors/$id',
  object: '/objects/$id',
} as const;

/** A kind of thing with an id. */
export type Kind = keyof typeof PAGES;

/** What an id shows. */
export interface IdProps {
  readonly kind: Kind;
  readonly id: string;
  /** Shown in its place: a name. The id is copied all the same. */
  readonly name?: string;
}

/** A link to the page of what the id names, and the button that copies it. */
export function Id(props: IdProps) {
  const { id } = props;
  return (
    <span className="id">
      <EntityLink {...props} />
      <CopyButton text={id} what={`id ${id}`} />
    </span>
  );
}

/** The link alone. */
export function EntityLink({ kind, id, name }: IdProps) {
  return (
    <Link to={PAGES[kind]} params={{ id }} className={name === undefined ? 'mono' : 'name'}>
      {name ?? id}
    </Link>
  );
}

/** The same where there may be none. */
export function MaybeId({ kind, id }: { readonly kind: Kind; readonly id: string | null }) {
  return id === null ? <span className="soft">–</span> : <Id kind={kind} id={id} />;
}
