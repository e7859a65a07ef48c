/** What a token may do; a token holds scopes of its own audience only, and none contains another. */
export const API_SCOPES = ['read', 'plan', 'approve', 'admin'] as const;
export const SCIM_SCOPES = ['scim:read', 'scim:write'] as const;

export type ApiScope = (typeof API_SCOPES)[number];
export type ScimScope = (typeof SCIM_SCOPES)[number];

export const SCOPES_OF: Readonly<Record<'api' | 'scim', readonly (ApiScope | ScimScope)[]>> = {
  api: API_SCOPES,
  scim: SCIM_SCOPES,
};

/** Lifetime of a token in days: what it gets unless told, and the most it can have. */
export const TOKEN_DAYS = { standard: 180, most: 730 } as const;

/** How long the old token goes on beside a rotated one, in seconds. */
export const ROTATION_OVERLAP = { standard: 3600, most: 86_400 } as const;
