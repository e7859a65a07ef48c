import { z } from 'zod';
import { apiDocument } from '../api/api.ts';
import { policySchema } from '../api/policy-document.ts';
import { DEFAULT_POLICY } from '../core/reconcile/policy.ts';
import { VERSION } from './version.ts';

/** What the program says of itself without being started. */
export const documents = {
  version: VERSION,
  /** OpenAPI 3.1 of `/api/v1`. */
  openapi: () => apiDocument(VERSION),
  policy: () => DEFAULT_POLICY,
  /** JSON Schema of the policy, with what each part means. */
  policySchema: () => z.toJSONSchema(policySchema, { io: 'input' }),
} as const;
