import { daysLeft, lastOfEach, tokenWarning } from '../core/token-life.ts';
import type { TokenRecord } from '../flows/token-port.ts';
import type { ApiWorld, Check } from './world.ts';

const PAGE = 500;
/** As many are named; the list of tokens has the rest. */
const NAMED = 10;

/** What an operator should know of the tenant's tokens. */
export async function tokenChecks(
  world: Pick<ApiWorld, 'tokens' | 'clock'>,
  tenantId: string,
): Promise<readonly Check[]> {
  const now = world.clock.now();
  const tokens = await allTokens(world, tenantId);
  return [expiryCheck(tokens, now), approversCheck(tokens, now)];
}

async function allTokens({ tokens }: Pick<ApiWorld, 'tokens'>, tenantId: string): Promise<readonly TokenRecord[]> {
  const all: TokenRecord[] = [];
  for (;;) {
    const page = await tokens.list(tenantId, all.at(-1)?.id ?? null, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** Fails for a connection whose last token has ended: nothing gets through it any more. */
function expiryCheck(tokens: readonly TokenRecord[], now: string): Check {
  const ending = lastOfEach(tokens).filter((token) => /^expire/.test(tokenWarning(token, now) ?? ''));
  const code = 'tokens.expiry';
  if (ending.length === 0) return { code, state: 'ok', detail: 'No connection loses its token within 30 days.' };
  const named = ending.slice(0, NAMED).map(({ id, name, expiresAt }) => {
    const days = daysLeft(expiresAt, now);
    return `${id} (${name}) ${days < 0 ? `ended ${expiresAt.slice(0, 10)}` : `ends in ${String(days)} days`}`;
  });
  const more = ending.length > NAMED ? `, and ${String(ending.length - NAMED)} more` : '';
  return {
    code,
    state: ending.some(({ expiresAt }) => expiresAt <= now) ? 'fail' : 'warn',
    detail: `${named.join(', ')}${more}. Rotate what is in use; revoke what is not.`,
  };
}

function approversCheck(tokens: readonly TokenRecord[], now: string): Check {
  const code = 'tokens.approvers';
  const subjects = new Set(
    tokens
      .filter(({ revokedAt, pausedAt }) => revokedAt === undefined && pausedAt === undefined)
      .filter(({ expiresAt, scopes }) => expiresAt > now && scopes.includes('approve'))
      .map(({ subject }) => subject),
  );
  if (subjects.size > 1) return { code, state: 'ok', detail: `${String(subjects.size)} subjects can approve.` };
  return {
    code,
    state: 'warn',
    detail:
      'Only one subject can approve: plans that need a second person stay held (bridge token create --subject …).',
  };
}
