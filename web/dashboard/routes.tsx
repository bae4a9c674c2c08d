/**
 * Which address shows which page. Pages are loaded when somebody first goes there; the search part of an address holds what
 * a list is filtered and sorted by, so a link shows the same list to somebody else.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { readSearch, type Search, writeSearch } from './parts/search.ts';
import { NotFoundPage } from './shell/not-found-page.tsx';
import { PageFailure } from './shell/page-failure.tsx';
import { PageLoading } from './shell/page-loading.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => (
    <Shell>
      <NotFoundPage />
    </Shell>
  ),
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search): { next?: string } => (typeof search['next'] === 'string' ? { next: search['next'] } : {}),
  component: lazyRouteComponent(() => import('./login/login-page.tsx'), 'LoginPage'),
});

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: () => <Shell /> });

const anySearch = (search: Search): Search => search;
const parent = { getParentRoute: () => shell } as const;

const overview = createRoute({
  ...parent,
  path: '/',
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
});
const jobs = createRoute({
  ...parent,
  path: '/jobs',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./jobs/jobs-page.tsx'), 'JobsPage'),
});
const job = createRoute({
  ...parent,
  path: '/jobs/$id',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./jobs/job-page.tsx'), 'JobPage'),
});
const nodes = createRoute({
  ...parent,
  path: '/nodes',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./nodes/nodes-page.tsx'), 'NodesPage'),
});
const node = createRoute({
  ...parent,
  path: '/nodes/$id',
  component: lazyRouteComponent(() => import('./nodes/node-page.tsx'), 'NodePage'),
});
const tasks = createRoute({
  ...parent,
  path: '/tasks',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./tasks/tasks-page.tsx'), 'TasksPage'),
});
const task = createRoute({
  ...parent,
  path: '/tasks/$id',
  component: lazyRouteComponent(() => import('./tasks/task-page.tsx'), 'TaskPage'),
});
const actors = createRoute({
  ...parent,
  path: '/actors',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./actors/actors-page.tsx'), 'ActorsPage'),
});
const actor = createRoute({
  ...parent,
  path: '/actors/$id',
  component: lazyRouteComponent(() => import('./actors/actor-page.tsx'), 'ActorPage'),
});
const objects = createRoute({
  ...parent,
  path: '/objects',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./objects/objects-page.tsx'), 'ObjectsPage'),
});
const object = createRoute({
  ...parent,
  path: '/objects/$id',
  component: lazyRouteComponent(() => import('./objects/object-page.tsx'), 'ObjectPage'),
});
const submit = createRoute({
  ...parent,
  path: '/submit',
  validateSearch: (search): { example?: string } =>
    typeof search['example'] === 'string' ? { example: search['example'] } : {},
  component: lazyRouteComponent(() => import('./submit/submit-page.tsx'), 'SubmitPage'),
});
const events = createRoute({
  ...parent,
  path: '/events',
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import('./events/events-page.tsx'), 'EventsPage'),
});

const pages = [overview, jobs, job, nodes, node, tasks, task, actors, actor, objects, object, submit, events];

/** The router of the page. */
export const router = createRouter({
  routeTree: root.addChildren([login, shell.addChildren(pages)]),
  parseSearch: readSearch,
  stringifySearch: writeSearch,
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageFailure,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
