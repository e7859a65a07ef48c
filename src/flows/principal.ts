/** Who asks, as proven by the credential: the tenant never comes from a path or a header. */
export interface Principal {
  readonly tenantId: string;
  readonly tokenId: string;
  /** The person or system that the token stands for: two-person rules count subjects, not tokens. */
  readonly subject: string;
  /** The system at the other end, for its settings in `sources.connections`; absent: the subject. Never who it is for. */
  readonly connection?: string;
  readonly audience: 'scim' | 'api';
  readonly scopes: readonly string[];
}
