import { readFileSync } from 'node:fs';
import { readPolicy } from '../api/policy-document.ts';
import { DomainError } from '../core/errors.ts';
import { DEFAULT_POLICY, type Policy } from '../core/reconcile/policy.ts';

/** The policy that tenants begin with: the file that BRIDGE_POLICY names, or the built-in one. */
export function loadPolicyFile(path: string | undefined): Policy {
  if (path === undefined) return DEFAULT_POLICY;
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DomainError('policy.invalid', `BRIDGE_POLICY: ${path} cannot be read as JSON.`, { cause: error });
  }
  return readPolicy(document, 'BRIDGE_POLICY');
}
