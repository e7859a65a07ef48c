/** Who asks, as proven by the credential: the tenant never comes from a path or a header. */
export interface Principal {
  readonly tenantId: string;
  readonly tokenId: string;
  /** The person or system that the token stands for: two-person rules count subjects, not tokens. */
  readonly subject: string;
  readonly audience: 'scim' | 'api';
  readonly scopes: readonly string[];
}
