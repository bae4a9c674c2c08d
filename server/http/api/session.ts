/**
 * Who asks, logging in and out, and what the API is.
 */
import type { Me } from '#shared/api/schemas.ts';
import { ApiError } from '../api-error.ts';
import type { Handlers } from '../api-router.ts';
import type { Role } from '../authorize.ts';
import { openApiDocument } from '../openapi.ts';
import type { ApiParts } from './parts.ts';

/** The handlers. */
export function sessionHandlers({
  door,
  joinUrl,
  version,
}: ApiParts): Pick<Handlers, 'login' | 'logout' | 'me' | 'getOpenApi'> {
  const me = (role: Role, url: string): Me => ({ role, joinUrl: role === 'operator' ? url : null });
  let document: unknown;
  return {
    login: ({ body, request, response }) => {
      const role = door.roleOfToken(body.token, request);
      if (!role)
        throw new ApiError(
          401,
          'authentication',
          'this is not the token: look at what the server printed when it started',
        );
      door.setCookie(request, response, role);
      return me(role, joinUrl(request));
    },
    logout: ({ request, response }) => {
      door.clearCookie(request, response);
      return {};
    },
    me: ({ caller, request }) => me(caller?.role ?? 'viewer', joinUrl(request)),
    getOpenApi: () => (document ??= openApiDocument(version)),
  };
}
