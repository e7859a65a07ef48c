import { DomainError } from '../core/errors.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import { PreconditionRequired } from './problem.ts';
import { policySchema, toPolicy } from './policy-document.ts';
import { type Reply, type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'policy';

export function policyRoutes({ store }: ApiWorld): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/policy',
      scope: 'read',
      tag: TAG,
      summary: 'The policy in force; its ETag is what a PUT needs.',
      answers: { 200: { description: 'The document.', schema: policySchema } },
      async handle({ principal }) {
        const { version, policy } = await store.tenant(principal.tenantId).policy.current();
        return answer(version, policy);
      },
    }),

    route({
      method: 'put',
      path: '/policy',
      scope: 'admin',
      tag: TAG,
      summary: 'Replaces the policy whole, with If-Match. Plans that were made before stay as they are.',
      body: policySchema,
      bodyFault: 'policy.invalid',
      answers: { 200: { description: 'The document, as the next version.', schema: policySchema } },
      async handle({ principal, body, request }) {
        const policy = toPolicy(body);
        const expected = versionOf(request.headers['if-match']);
        const tenant = store.tenant(principal.tenantId);
        const version = await tenant.write(async (tx) => {
          const next = await tx.policy.put(policy, principal.tokenId, expected);
          await tx.audit.append({
            actor: principal.tokenId,
            kind: 'policy.replaced',
            subject: `policy:${next}`,
            data: { version: next },
          });
          return next;
        });
        return answer(version, policy);
      },
    }),
  ];
}

function answer(version: number, policy: Policy): Reply {
  return { status: 200, body: policy, headers: { etag: `"policy-${version}"` } };
}

/** The version that the caller has read (RFC 9110 section 13.1.1). */
function versionOf(header: string | undefined): number {
  if (header === undefined) {
    throw new PreconditionRequired('Send If-Match with the ETag of GET /policy, so that no change of others is lost.');
  }
  const version = /^"policy-(\d{1,9})"$/.exec(header.trim())?.[1];
  if (version === undefined) {
    throw new DomainError('policy.version', 'If-Match is not an ETag of the policy: send the one of GET /policy.');
  }
  return Number(version);
}
