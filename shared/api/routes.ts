/**
 * The routes of `/api/v1`, once for all who need them: the server has a handler for each, the OpenAPI document lists them, the
 * clients call them by name with types for what they send and get.
 */
import Type, { type Static, type TObject, type TOptional, type TProperties, type TSchema, type TString } from 'typebox';
import {
  Actor,
  Artefact,
  Check,
  Cluster,
  columnsOf,
  Event,
  Example,
  FunctionProgress,
  Job,
  JobDetail,
  JobSource,
  Lineage,
  LogLine,
  Me,
  Node,
  ObjectInfo,
  page,
  Series,
  Span,
  Submission,
  Task,
  Why,
} from './schemas.ts';

/** Where all of it lives. */
export const API_PATH = '/api/v1';

/** One route. Path parameters stand as `{id}` in the path and are text. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** Who may call it: a viewer reads only. */
  readonly role: 'anybody' | 'viewer' | 'operator';
  readonly query?: TObject<TProperties>;
  readonly body?: TSchema;
  /** What it answers with: JSON of this form, or bytes of this media type. */
  readonly answer: TSchema | string;
}

const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Rows at most' }));
const after = Type.Optional(Type.String({ description: '`next` of the page before' }));
const sort = Type.Optional(
  Type.String({ description: 'A column to sort by, `-` before it for descending; default: newest first' }),
);

type Filters<P extends TProperties> = { [C in keyof P]: TOptional<TString> };

/** Filters on every column of a list: equal to the value, or with `*` anywhere in it, like it. */
function filtersOf<P extends TProperties>(row: TObject<P>): Filters<P> {
  const filters: Record<string, TOptional<TString>> = {};
  for (const column of columnsOf(row))
    filters[column] = Type.Optional(
      Type.String({ description: `Only where ${column} is this; * stands for anything` }),
    );
  // One for each column, no more and no less.
  return filters as Filters<P>;
}

function listQuery<P extends TProperties>(row: TObject<P>) {
  return Type.Object({ limit, after, sort, ...filtersOf(row) }, { additionalProperties: false });
}

/** Where the list is long (tasks) or changes by the second, sorting it all is not offered. */
function unsortedQuery<P extends TProperties>(row: TObject<P>) {
  return Type.Object({ limit, after, ...filtersOf(row) }, { additionalProperties: false });
}

const route = <const R extends Route>(given: R): R => given;

/** All routes by name. */
export const ROUTES = {
  login: route({
    method: 'POST',
    path: '/login',
    summary: 'Log a browser in: the answer sets a cookie',
    tag: 'session',
    role: 'anybody',
    body: Type.Object({ token: Type.String({ maxLength: 512 }) }, { additionalProperties: false }),
    answer: Me,
  }),
  logout: route({
    method: 'POST',
    path: '/logout',
    summary: 'Log a browser out',
    tag: 'session',
    role: 'anybody',
    answer: Type.Object({}),
  }),
  me: route({
    method: 'GET',
    path: '/me',
    summary: 'Who asks',
    tag: 'session',
    role: 'viewer',
    answer: Me,
  }),

  listJobs: route({
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs, also those of former lives of the server',
    tag: 'jobs',
    role: 'viewer',
    query: listQuery(Job),
    answer: page(Job),
  }),
  submitJob: route({
    method: 'POST',
    path: '/jobs',
    summary: 'Submit a job: it goes on when the submitter has left. Status 422 with `problems` if its source is wrong',
    tag: 'jobs',
    role: 'operator',
    body: Submission,
    answer: JobDetail,
  }),
  checkSource: route({
    method: 'POST',
    path: '/check',
    summary: 'What is wrong with a source, and what it has, without running it',
    tag: 'jobs',
    role: 'operator',
    body: Type.Object(
      { source: Type.String({ maxLength: 2_000_000 }), fileName: Type.Optional(Type.String()) },
      { additionalProperties: false },
    ),
    answer: Check,
  }),
  getJob: route({
    method: 'GET',
    path: '/jobs/{id}',
    summary: 'One job',
    tag: 'jobs',
    role: 'viewer',
    answer: JobDetail,
  }),
  stopJob: route({
    method: 'POST',
    path: '/jobs/{id}/stop',
    summary: 'Stop a job: its tasks end, its actors die, its objects go',
    tag: 'jobs',
    role: 'operator',
    answer: JobDetail,
  }),
  rerunJob: route({
    method: 'POST',
    path: '/jobs/{id}/rerun',
    summary: 'Run the same source again, with the same argument or another',
    tag: 'jobs',
    role: 'operator',
    body: Type.Object({ args: Type.Optional(Type.Unknown()) }, { additionalProperties: false }),
    answer: JobDetail,
  }),
  deleteJob: route({
    method: 'DELETE',
    path: '/jobs/{id}',
    summary:
      'Forget a job that is over, with its result, files and log. Its tasks stay in the history as long as all others',
    tag: 'jobs',
    role: 'operator',
    answer: Type.Object({}),
  }),
  getJobSource: route({
    method: 'GET',
    path: '/jobs/{id}/source',
    summary: 'What the job was submitted with',
    tag: 'jobs',
    role: 'viewer',
    answer: JobSource,
  }),
  getJobResult: route({
    method: 'GET',
    path: '/jobs/{id}/result.zip',
    summary: 'result.json, and each typed array in it as a .npy file',
    tag: 'jobs',
    role: 'viewer',
    answer: 'application/zip',
  }),
  listArtefacts: route({
    method: 'GET',
    path: '/jobs/{id}/artefacts',
    summary: 'Files that the job published',
    tag: 'jobs',
    role: 'viewer',
    answer: page(Artefact),
  }),
  getArtefact: route({
    method: 'GET',
    path: '/jobs/{id}/artefacts/{name}',
    summary: 'The present version of one of them',
    tag: 'jobs',
    role: 'viewer',
    query: Type.Object(
      {
        v: Type.Optional(
          Type.Integer({ minimum: 1, description: 'Its version, so that a browser asks again when there is another' }),
        ),
      },
      { additionalProperties: false },
    ),
    answer: 'application/octet-stream',
  }),
  getJobLogs: route({
    method: 'GET',
    path: '/jobs/{id}/logs',
    summary: 'Lines of its log behind the one with number `after`',
    tag: 'jobs',
    role: 'viewer',
    query: Type.Object(
      {
        after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
        limit,
        task: Type.Optional(Type.String({ description: 'Only what this task printed' })),
      },
      { additionalProperties: false },
    ),
    answer: Type.Object({ items: Type.Array(LogLine), next: Type.Number() }),
  }),
  getJobFunctions: route({
    method: 'GET',
    path: '/jobs/{id}/functions',
    summary: 'Its progress by function',
    tag: 'jobs',
    role: 'viewer',
    answer: page(FunctionProgress),
  }),
  getJobTimeline: route({
    method: 'GET',
    path: '/jobs/{id}/timeline',
    summary: 'What ran where and when: newest first, live tasks before those that are over',
    tag: 'jobs',
    role: 'viewer',
    query: Type.Object(
      { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 1000 })), after },
      { additionalProperties: false },
    ),
    answer: page(Span),
  }),

  listNodes: route({
    method: 'GET',
    path: '/nodes',
    summary: 'Nodes and drivers, also those that have left',
    tag: 'cluster',
    role: 'viewer',
    query: listQuery(Node),
    answer: page(Node),
  }),
  getNode: route({
    method: 'GET',
    path: '/nodes/{id}',
    summary: 'One node',
    tag: 'cluster',
    role: 'viewer',
    answer: Node,
  }),
  getNodeSeries: route({
    method: 'GET',
    path: '/nodes/{id}/series',
    summary: 'The last ten minutes of one node',
    tag: 'cluster',
    role: 'viewer',
    answer: Series,
  }),

  listTasks: route({
    method: 'GET',
    path: '/tasks',
    summary: 'Tasks: those that are not over, then the history',
    tag: 'tasks',
    role: 'viewer',
    query: unsortedQuery(Task),
    answer: page(Task),
  }),
  getTask: route({
    method: 'GET',
    path: '/tasks/{id}',
    summary: 'One task',
    tag: 'tasks',
    role: 'viewer',
    answer: Task,
  }),
  why: route({
    method: 'GET',
    path: '/why/{id}',
    summary: 'Why a task waits, or why it runs where it runs',
    tag: 'tasks',
    role: 'viewer',
    answer: Why,
  }),
  listActors: route({
    method: 'GET',
    path: '/actors',
    summary: 'Actors of running jobs',
    tag: 'tasks',
    role: 'viewer',
    query: listQuery(Actor),
    answer: page(Actor),
  }),
  getActor: route({
    method: 'GET',
    path: '/actors/{id}',
    summary: 'One actor',
    tag: 'tasks',
    role: 'viewer',
    answer: Actor,
  }),
  listObjects: route({
    method: 'GET',
    path: '/objects',
    summary: 'Objects that somebody holds',
    tag: 'objects',
    role: 'viewer',
    query: unsortedQuery(ObjectInfo),
    answer: page(ObjectInfo),
  }),
  getObject: route({
    method: 'GET',
    path: '/objects/{id}',
    summary: 'One object',
    tag: 'objects',
    role: 'viewer',
    answer: ObjectInfo,
  }),
  getLineage: route({
    method: 'GET',
    path: '/objects/{id}/lineage',
    summary: 'What it was made of',
    tag: 'objects',
    role: 'viewer',
    answer: Lineage,
  }),

  getCluster: route({
    method: 'GET',
    path: '/cluster',
    summary: 'The cluster at a glance',
    tag: 'cluster',
    role: 'viewer',
    answer: Cluster,
  }),
  getSeries: route({
    method: 'GET',
    path: '/series',
    summary: 'Measurements of the cluster',
    tag: 'cluster',
    role: 'viewer',
    query: Type.Object(
      {
        span: Type.Optional(
          Type.Union([Type.Literal('10m'), Type.Literal('2h'), Type.Literal('24h')], { default: '10m' }),
        ),
      },
      { additionalProperties: false },
    ),
    answer: Series,
  }),
  listEvents: route({
    method: 'GET',
    path: '/events',
    summary: 'What happened, newest first',
    tag: 'cluster',
    role: 'viewer',
    query: unsortedQuery(Event),
    answer: page(Event),
  }),
  listExamples: route({
    method: 'GET',
    path: '/examples',
    summary: 'Jobs to begin with',
    tag: 'jobs',
    role: 'viewer',
    answer: page(Example),
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    tag: 'session',
    role: 'anybody',
    answer: Type.Unknown(),
  }),
} as const satisfies Record<string, Route>;

/** The name of a route. */
export type RouteName = keyof typeof ROUTES;

type Typed<T> = T extends TSchema ? Static<T> : unknown;
type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

/** Path parameters of a route, all text. */
export type Params<N extends RouteName> = Readonly<Record<ParamNames<(typeof ROUTES)[N]['path']>, string>>;
/** Its query. */
export type Query<N extends RouteName> = (typeof ROUTES)[N] extends { readonly query: infer Q extends TSchema }
  ? Readonly<Static<Q>>
  : Readonly<Record<never, never>>;
/** Its body. */
export type Body<N extends RouteName> = (typeof ROUTES)[N] extends { readonly body: infer B extends TSchema }
  ? Readonly<Static<B>>
  : undefined;
/** What it answers with; bytes where the answer is no JSON. */
export type Answer<N extends RouteName> = (typeof ROUTES)[N]['answer'] extends string
  ? Uint8Array
  : Typed<(typeof ROUTES)[N]['answer']>;
