import type { Reply, Route } from './exchange.ts';
import type { Playbook } from './model.ts';
import type { Org } from './org.ts';

/** Playbooks, read only, as bare lists (Drift API notes 2.7). No scope of theirs is documented: any valid token passes. */
export function playbookRoutes(org: Org): readonly Route[] {
  return [
    { method: 'GET', path: '/playbooks/list', handle: () => list(org) },
    { method: 'GET', path: '/playbooks/clp', handle: () => landingPages(org) },
  ];
}

function active(org: Org): readonly Playbook[] {
  const { applyDelayMs, listLagMs } = org.settings();
  return org.store.playbooks.list(applyDelayMs + listLagMs).filter((playbook) => playbook.active);
}

function list(org: Org): Reply {
  const body = active(org).map(({ id, name, authorId, interactionId, reportType, goals, createdAt }) => ({
    id,
    name,
    orgId: org.orgId,
    meta: {},
    createdAt,
    updatedAt: createdAt,
    createdAuthorId: authorId,
    updatedAuthorId: authorId,
    interactionId,
    reportType,
    goals,
  }));
  return { status: 200, body };
}

/** Conversational landing pages. */
function landingPages(org: Org): Reply {
  const body = active(org).flatMap(({ id, name, landingPageUrl }) =>
    landingPageUrl === undefined ? [] : [{ playbookId: id, playbookName: name, landingPageUrl }],
  );
  return { status: 200, body };
}
