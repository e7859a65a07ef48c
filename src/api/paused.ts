import { DomainError } from '../core/errors.ts';
import type { TenantAdmin } from './world.ts';

/** The work of a paused tenant waits for as long as it is paused: whoever asks for more of it is told, not left waiting. */
export async function mustRun(tenants: Pick<TenantAdmin, 'get'>, tenantId: string): Promise<void> {
  if ((await tenants.get(tenantId))?.state !== 'paused') return;
  throw new DomainError(
    'tenant.paused',
    'The tenant is paused, by somebody or because Drift said that the app was disconnected; see the doctor, and resume it first.',
  );
}
