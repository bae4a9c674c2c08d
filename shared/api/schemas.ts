/**
 * What the HTTP API says, as JSON Schema and as types at once: the server checks requests with it, the OpenAPI document is made of
 * it, the dashboard and the command line read answers with its types. Ids are text (`7` for jobs and nodes, `3.1057` for tasks,
 * actors and objects), times are ISO 8601 or null, durations are in milliseconds, sizes in bytes.
 */
import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';

const id = (what: string) => Type.String({ description: `Id of ${what}` });
const time = (what: string) => Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: what });
const count = (what: string) => Type.Number({ description: what });
const text = (what: string) => Type.String({ description: what });
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const one = <const T extends readonly string[]>(...names: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...names] });

/** Where a job's source is wrong. */
export const Problem = Type.Object({
  file: text('File name as submitted'),
  line: count('From 1'),
  column: count('From 1'),
  message: text('What is wrong'),
  severity: one('error', 'warning'),
  source: one('bundle', 'type'),
});
export type Problem = Static<typeof Problem>;

/** An error of the API. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    code: text('What went wrong, for programs'),
    message: text('The same for people, with what to do next'),
    problems: Type.Optional(Type.Array(Problem, { description: 'Of a source that was refused' })),
  }),
});

/** A job. */
export const Job = Type.Object({
  id: id('the job'),
  name: text('Name in lists'),
  status: one('running', 'succeeded', 'failed', 'stopped'),
  kind: one('driver', 'submitted'),
  startedAt: time('When it began'),
  endedAt: time('When it ended'),
  message: text('Why it ended otherwise than well, or empty'),
  submitter: text('Who runs it, in their words'),
  purpose: text('What for: shown to volunteers'),
  driver: id('the session of its driver'),
  priority: count('Weight of its share among jobs: 1 is usual, 2 gets twice as much'),
  trust: text('Whose nodes may run its tasks: own or unchecked'),
  submitted: count('Tasks so far'),
  finished: count('Tasks that are over'),
  failed: count('Of these, those that ended with an error'),
  unfinished: count('Tasks that are not over'),
  actors: count('Living actors'),
  progress: count('What its main says of its progress, 0 to 1'),
  note: text('And in words'),
  hasResult: Type.Boolean({ description: 'GET …/result.zip answers with something' }),
});
export type Job = Static<typeof Job>;

/** Why a job failed. */
export const JobError = Type.Object({
  name: text('Class of the error'),
  message: text('Its message'),
  stack: text('Remote stack, in terms of the submitted files'),
});

export type JobError = Static<typeof JobError>;

/** A job with what its own page shows. */
export const JobDetail = Type.Interface([Job], {
  args: Type.Unknown({ description: 'Argument of main, JSON; null if the server does not know it' }),
  error: nullable(JobError),
  artefactCount: count('Files it published'),
  hasSource: Type.Boolean({ description: 'GET …/source answers, and the job can be run again' }),
});
export type JobDetail = Static<typeof JobDetail>;

/** Progress of one function in a job. */
export const FunctionProgress = Type.Object({
  fn: text('Name of the function, class or method'),
  kind: one('task', 'actor', 'method'),
  waiting: count('Wait for inputs'),
  queued: count('Wait for a node'),
  running: count('Are with a node'),
  succeeded: count('Ended with a value'),
  failed: count('Ended with an error'),
  cancelled: count('Were cancelled'),
  retries: count('Attempts beyond the first'),
  totalMs: count('Run time of those that ended, summed'),
  meanMs: count('Run time on average'),
});
export type FunctionProgress = Static<typeof FunctionProgress>;

/** A file that a job published. */
export const Artefact = Type.Object({
  name: text('File name'),
  mediaType: text('As the job says'),
  sizeBytes: count('Size'),
  updatedAt: time('When its present version came'),
  version: count('From 1; one more each time it is published again'),
  isPicture: Type.Boolean({ description: 'May be shown as a picture' }),
});
export type Artefact = Static<typeof Artefact>;

/** One run of a task on a worker. */
export const Span = Type.Object({
  task: id('the task'),
  fn: text('Function'),
  node: nullable(id('the node')),
  state: text('State of the task'),
  startedAt: time('When a node got it'),
  endedAt: time('When it ended; null while it runs'),
  runMs: nullable(count('Run time without waiting')),
  error: nullable(text('Message of its error')),
});
export type Span = Static<typeof Span>;

/** A line of a job's log. */
export const LogLine = Type.Object({
  number: count('From 1 within the job'),
  at: time('When it came'),
  task: nullable(id('the task that printed it')),
  node: text('Name of the node'),
  level: count('0 debug, 1 info, 2 warning, 3 error'),
  text: text('The line'),
});
export type LogLine = Static<typeof LogLine>;

/** A node: one session of it. */
export const Node = Type.Object({
  id: id('the session'),
  nodeId: text('Lasting id of the node: a digest of the one that it knows itself by'),
  name: text('Name'),
  epoch: count('Which life of the node'),
  role: one('host', 'tab', 'driver'),
  state: one('connected', 'disconnected', 'dead'),
  trusted: Type.Boolean({ description: "False for a stranger's" }),
  paused: Type.Boolean({ description: 'Takes no work for now' }),
  facts: Type.Unknown({ description: 'What it tells of its machine, unchecked' }),
  platform: text('Operating system or browser'),
  joinedAt: time('When it joined'),
  cpus: count('CPUs it offers'),
  freeCpus: count('Of these free'),
  resources: Type.Record(Type.String(), Type.Number(), { description: 'Other resources: name to amount' }),
  labels: Type.Array(Type.String(), { description: 'Labels, as key=value' }),
  assignedTasks: count('Tasks it has'),
  runningTasks: count('Tasks that run'),
  queuedTasks: count('Tasks in its own queue'),
  executedTasks: count('Tasks done so far'),
  objects: count('Copies of objects in its store'),
  storeBytes: count('Bytes in its store'),
  rssBytes: count('Memory of its process'),
  workers: count('Workers'),
});
export type Node = Static<typeof Node>;

/** A task, live or over. */
export const Task = Type.Object({
  id: id('the task'),
  job: id('the job'),
  fn: text('Function'),
  state: text('waiting, queued, local, leased, succeeded, failed or cancelled'),
  node: nullable(id('the node that has it, or had it last')),
  attempts: count('Attempts so far'),
  parent: nullable(id('the task that called it')),
  actor: nullable(id('the actor whose method it calls')),
  demand: text('Resources it asks for'),
  submittedAt: time('When it was submitted'),
  startedAt: time('When a node got it'),
  endedAt: time('When it ended'),
  runMs: nullable(count('Run time')),
  error: nullable(text('Message of its error')),
});
export type Task = Static<typeof Task>;

/** An actor. */
export const Actor = Type.Object({
  id: id('the actor'),
  job: id('the job'),
  className: text('Class'),
  name: text('Name it can be found by, or empty'),
  namespace: text('Namespace of the name'),
  state: one('pending', 'alive', 'restarting', 'dead'),
  node: nullable(id('the node it lives on')),
  incarnation: count('Which life'),
  restarts: count('Restarts that counted'),
  pendingCalls: count('Calls that wait for it'),
  inFlightCalls: count('Calls on their way or running'),
  checkpointCalls: nullable(count('Calls that its last checkpoint stands for')),
  callsSince: nullable(count('Calls since, which its next life would do again')),
  nextLife: text('What its next life would know if it were lost now'),
});
export type Actor = Static<typeof Actor>;

/** An object. */
export const ObjectInfo = Type.Object({
  id: id('the object'),
  status: one('pending', 'inline', 'stored', 'error', 'freed'),
  sizeBytes: count('Size of its value'),
  nodes: Type.Array(Type.String(), { description: 'Nodes that have a copy' }),
  holders: Type.Array(Type.String(), { description: 'Who keeps it from being freed' }),
  maker: nullable(id('the task that makes it, and could again')),
  containsRefs: count('References inside its value'),
  isStored: Type.Boolean({ description: 'Its bytes have left their node, so their digest is known' }),
  waiting: count('Nodes and tasks that wait for it'),
});
export type ObjectInfo = Static<typeof ObjectInfo>;

/** What an object came from: tasks and their inputs, as far back as they are remembered. */
export const Lineage = Type.Object({
  nodes: Type.Array(
    Type.Object({
      id: id('the object'),
      fn: nullable(text('Function of the task that makes it; null for a put')),
      status: text('Status of the object'),
      isRebuildable: Type.Boolean({ description: 'Can be made again if every copy is lost' }),
    }),
  ),
  edges: Type.Array(Type.Object({ from: id('the input'), to: id('what was made of it') })),
  isCut: Type.Boolean({ description: 'There is more than is shown' }),
});
export type Lineage = Static<typeof Lineage>;

/** A node that was weighed for a task. */
export const Candidate = Type.Object({
  node: id('the node'),
  waitUs: count('Estimated time until the task would start there, in microseconds: the terms below'),
  queuedUs: count('Work ahead of it'),
  slots: count('Tasks that run side by side there'),
  missingBytes: count('Inputs that are not there'),
  bytesPerSecond: count('How fast they come'),
  startUs: count('Getting the code there'),
  slowerUs: count('The node is slower than others'),
  closed: Type.Optional(text('Why it does not take the task now')),
});
export type Candidate = Static<typeof Candidate>;

/** Why a task waits, or why it is where it is. */
export const Why = Type.Object({
  state: text('State of the task, or unknown, infeasible, held'),
  reason: text('In words'),
  candidates: Type.Array(Candidate),
});
export type Why = Static<typeof Why>;

/** Something that happened. */
export const Event = Type.Object({
  at: time('When'),
  severity: one('info', 'warning', 'error'),
  kind: text('What, for programs'),
  message: text('What, for people'),
  job: count('Job, or 0'),
  session: count('Node, or 0'),
});
export type Event = Static<typeof Event>;

/** The cluster at a glance. */
export const Cluster = Type.Object({
  startedAt: time('When the server started'),
  now: time("The server's clock"),
  version: text('Version of the server'),
  isPublic: Type.Boolean({ description: 'Anybody may join' }),
  storage: one('working', 'failing'),
  inGrace: Type.Boolean({ description: 'It has just started and waits for the nodes it knew' }),
  hosts: count('Connected and suspected hosts'),
  tabs: count('Browser tabs'),
  drivers: count('Drivers'),
  cpus: count('CPUs offered'),
  freeCpus: count('Of these free'),
  gpus: count('GPUs offered'),
  runningJobs: count('Jobs under way'),
  unfinishedTasks: count('Tasks that are not over'),
  queuedTasks: count('Ready tasks without a node'),
  endedTasks: count('Tasks that ended since the server started'),
  tasksPerSecond: count('Tasks that end per second'),
  retriesPerMinute: count('Attempts that failed in the last minute'),
  objects: count('Objects'),
  infeasible: Type.Array(Type.Object({ demand: Type.String(), tasks: Type.Number(), reason: Type.String() })),
});
export type Cluster = Static<typeof Cluster>;

/** A ring of measurements, oldest first. */
export const Series = Type.Object({
  stepMs: count('Time between two'),
  endAt: time('When the last was taken'),
  values: Type.Record(Type.String(), Type.Array(nullable(Type.Number())), {
    description:
      'By name: tasksPerSecond, runningTasks, queuedTasks, cpus, freeCpus, nodes, storeBytes, memoryBytes, failuresPerSecond',
  }),
});
export type Series = Static<typeof Series>;

/** A form for the argument of a job's main: the JSON Schema that it exports as `args`. */
export const ArgsSchema = nullable(Type.Record(Type.String(), Type.Unknown()));

/** What is known of a source without running it. */
export const Check = Type.Object({
  problems: Type.Array(Problem),
  hasMain: Type.Boolean(),
  args: ArgsSchema,
  functions: Type.Array(Type.String(), { description: 'Remote functions and classes' }),
});
export type Check = Static<typeof Check>;

/** A job as it is submitted. */
export const Submission = Type.Object(
  {
    source: Type.Optional(Type.String({ maxLength: 2_000_000, description: 'A job module, TypeScript or JavaScript' })),
    bundle: Type.Optional(
      Type.Object(
        {
          code: Type.String({ maxLength: 64_000_000, description: 'One ES module, as `daylight submit` bundles it' }),
          sourceMap: Type.String({ maxLength: 64_000_000 }),
        },
        { additionalProperties: false },
      ),
    ),
    fileName: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,100}$', default: 'job.ts' })),
    args: Type.Optional(Type.Unknown({ description: 'Argument of main' })),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    submitter: Type.Optional(Type.String({ maxLength: 200 })),
    purpose: Type.Optional(Type.String({ maxLength: 1000, description: 'Shown to volunteers' })),
    priority: Type.Optional(Type.Number({ minimum: 0.01, maximum: 100, default: 1 })),
    trust: Type.Optional(one('own', 'unchecked')),
  },
  { additionalProperties: false },
);
export type Submission = Static<typeof Submission>;

/** What a job was submitted with. */
export const JobSource = Type.Object({
  fileName: Type.String(),
  source: nullable(Type.String({ description: 'null if it was submitted as a bundle' })),
  args: Type.Unknown(),
});
export type JobSource = Static<typeof JobSource>;

/** An example of the gallery. */
export const Example = Type.Object({
  id: Type.String(),
  title: Type.String(),
  summary: Type.String({ description: 'One sentence' }),
  fileName: Type.String(),
  source: Type.String(),
  args: Type.Unknown(),
  schema: ArgsSchema,
  needs: Type.Array(Type.String(), { description: 'Resources without which it waits, such as GPU' }),
});
export type Example = Static<typeof Example>;

/** Who asks. */
export const Me = Type.Object({
  role: one('operator', 'viewer'),
  joinUrl: nullable(Type.String({ description: 'Address of the donate page with its key; for operators' })),
});
export type Me = Static<typeof Me>;

/** A page of a list: `next` is the `after` of the following page, null at the end. */
export const page = <T extends TSchema>(items: T) =>
  Type.Object({ items: Type.Array(items), next: nullable(Type.String()) });
/** A page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** Names of the columns of a list that can be filtered by. */
export function columnsOf(row: TObject<TProperties>): string[] {
  return Object.keys(row.properties);
}
