/** A scope that was not granted, and what will not work without it. */
export interface MissingScope {
  readonly scope: string;
  /** Names of operations of the table. */
  readonly operations: readonly string[];
}

export interface DeclaredAttribute {
  readonly name: string;
  /** As Drift names it: STRING, NUMERIC, BOOLEAN, DATETIME, DATE. */
  readonly type: string | null;
}

/**
 * What an organisation's Drift can do, as measured by harmless reads. A fact that could not be measured is null, and
 * `unknown` says why; where an earlier probe knew it, its value stays and `unknown` says from when it is.
 */
export interface Capabilities {
  readonly probedAt: string;
  readonly orgId: string | null;
  readonly scimPath: string | null;
  readonly scimEntitled: boolean | null;
  readonly scopes: {
    readonly granted: readonly string[];
    readonly missing: readonly MissingScope[];
    readonly excess: readonly string[];
  } | null;
  /** Of `userName eq`; where it is not honoured, whole lists are read and compared here. `wrong`: it hides who is there. */
  readonly filter: 'honoured' | 'ignored' | 'refused' | 'wrong' | null;
  /** What SCIM users show; whether writing it deactivates is not probed: it would be a deletion (Drift API notes 4.3). */
  readonly activeName: 'active' | 'isActive' | 'both' | null;
  /** `empty`: the list was answered, with nobody in it, which says as little as a refusal. */
  readonly contactListing: 'listed' | 'empty' | 'refused' | null;
  /** Whether a contact was seen that names an owner in `ownerId`, or such an attribute is declared (Drift API notes 3.1). */
  readonly contactOwnerId: boolean | null;
  readonly accountListing: 'listed' | 'refused' | null;
  /** Declared attributes of contacts. */
  readonly attributes: readonly DeclaredAttribute[] | null;
  /** The attribute that policy says carries owners, and whether Drift has it; null where policy names none. */
  readonly carrier: { readonly name: string; readonly declared: boolean | null } | null;
  /** Fact -> why it is not known. */
  readonly unknown: Readonly<Record<string, string>>;
}

/** `fail` needs hands now. */
export interface Finding {
  readonly code: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** One sentence, with what to do where something is to be done. */
  readonly detail: string;
}

const FACTS = [
  'orgId',
  'scimPath',
  'scimEntitled',
  'scopes',
  'filter',
  'activeName',
  'contactListing',
  'contactOwnerId',
  'accountListing',
  'attributes',
] as const satisfies readonly (keyof Capabilities)[];

/** Nothing is known, for one reason. */
export function unknownCapabilities(probedAt: string, why: string): Capabilities {
  return {
    probedAt,
    orgId: null,
    scimPath: null,
    scimEntitled: null,
    scopes: null,
    filter: null,
    activeName: null,
    contactListing: null,
    contactOwnerId: null,
    accountListing: null,
    attributes: null,
    carrier: null,
    unknown: Object.fromEntries(FACTS.map((fact) => [fact, why])),
  };
}

/** The stored text; null for none, and for one that no version of the bridge wrote. */
export function readCapabilities(text: string | null): Capabilities | null {
  if (text === null) return null;
  try {
    const read: unknown = JSON.parse(text);
    const shaped = typeof read === 'object' && read !== null && 'probedAt' in read && 'unknown' in read;
    return shaped ? (read as Capabilities) : null;
  } catch {
    return null;
  }
}

/** What an earlier probe knew and this one could not learn stays, dated. */
export function withEarlier(now: Capabilities, earlier: Capabilities | null): Capabilities {
  if (earlier === null) return now;
  const kept = FACTS.filter((fact) => now[fact] === null && earlier[fact] !== null);
  const dated = kept.map((fact) => {
    const since = / the value is of (\S+)$/.exec(earlier.unknown[fact] ?? '')?.[1] ?? earlier.probedAt;
    return [fact, `${now.unknown[fact] ?? 'not probed'}; the value is of ${since}`];
  });
  return {
    ...now,
    ...Object.fromEntries(kept.map((fact) => [fact, earlier[fact]])),
    unknown: { ...now.unknown, ...(Object.fromEntries(dated) as Record<string, string>) },
  };
}

/** With the attribute that policy says carries owners, looked up among the declared ones. */
export function withCarrier(facts: Capabilities, name: string | undefined): Capabilities {
  const { attributes } = facts;
  const declared = attributes === null ? null : attributes.some((attribute) => attribute.name === name);
  return { ...facts, carrier: name === undefined ? null : { name, declared } };
}

/** One finding per capability, for an operator to read. */
export function judgeCapabilities(capabilities: Capabilities | null): readonly Finding[] {
  if (capabilities === null) {
    return [{ code: 'drift.probe', state: 'warn', detail: 'Drift was never probed; run "bridge doctor --probe".' }];
  }
  const { unknown } = capabilities;
  const reasons = new Set(FACTS.map((fact) => (capabilities[fact] === null ? unknown[fact] : null)));
  const [only] = reasons;
  if (reasons.size === 1 && only != null) {
    return [
      { code: 'drift.probe', state: 'warn', detail: `Nothing is known: ${only}. Run "bridge doctor --probe" again.` },
    ];
  }
  const unsure = (code: string, fact: (typeof FACTS)[number]): Finding => ({
    code,
    state: 'warn',
    detail: `Not known: ${unknown[fact] ?? 'not probed'}. Run "bridge doctor --probe" again.`,
  });
  const old = FACTS.filter((fact) => capabilities[fact] !== null && unknown[fact] !== undefined);
  const aged: Finding = {
    code: 'drift.probe',
    state: 'warn',
    detail: `Not measured by the last probe, and shown as known before: ${old.join(', ')}. Run "bridge doctor --probe" again.`,
  };
  return [
    ...(old.length === 0 ? [] : [aged]),
    scim(capabilities, unsure),
    ...scopes(capabilities, unsure),
    org(capabilities, unsure),
    filter(capabilities, unsure),
    active(capabilities, unsure),
    contacts(capabilities, unsure),
    accounts(capabilities, unsure),
    ...attributes(capabilities, unsure),
  ];
}

type Unsure = (code: string, fact: (typeof FACTS)[number]) => Finding;

function scim({ scimEntitled, scimPath }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.scim';
  if (scimEntitled === null) return unsure(code, 'scimEntitled');
  return scimEntitled
    ? { code, state: 'ok', detail: `SCIM answers at ${scimPath ?? ''}.` }
    : {
        code,
        state: 'fail',
        detail:
          'SCIM answers 403 or 404 wherever it could be: the plan of the organisation has none (Enterprise with SSO has), or DRIFT_SCIM_TOKEN is not the right one. No agent can be listed, created or removed.',
      };
}

/** Without it nothing can be observed at all. */
const VITAL = new Set(['user_read', 'account_read']);

function scopes({ scopes: found }: Capabilities, unsure: Unsure): readonly Finding[] {
  const code = 'drift.scopes';
  if (found === null) return [unsure(code, 'scopes')];
  const { missing, excess } = found;
  const lacking = missing.map(({ scope, operations }) => `${scope} (without it: ${operations.join(', ')})`).join('; ');
  const findings: readonly Finding[] = [
    ...(missing.length === 0
      ? []
      : [
          {
            code,
            state: missing.some(({ scope }) => VITAL.has(scope)) ? ('fail' as const) : ('warn' as const),
            detail: `The token lacks ${lacking}. Add the scopes to the app and install it again: tokens keep the scopes that they were made with.`,
          },
        ]),
    ...(excess.length === 0
      ? []
      : [
          {
            code: 'drift.scopes_excess',
            state: 'warn' as const,
            detail: `The token may do more than reconciliation needs: ${excess.join(', ')}. Take away what is not used, then install the app again.`,
          },
        ]),
  ];
  return missing.length > 0
    ? findings
    : [{ code, state: 'ok', detail: 'All scopes that reconciliation needs are granted.' }, ...findings];
}

function org({ orgId }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.org';
  return orgId === null ? unsure(code, 'orgId') : { code, state: 'ok', detail: `The organisation is ${orgId}.` };
}

function filter({ filter: found }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.filter';
  if (found === null) return unsure(code, 'filter');
  return found === 'honoured'
    ? { code, state: 'ok', detail: 'SCIM honours the filter by userName.' }
    : {
        code,
        state: 'warn',
        detail: `The SCIM filter is ${found}: each look-up reads the whole list and compares here. It works, with more calls.`,
      };
}

function active({ activeName }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.active';
  return activeName === null
    ? unsure(code, 'activeName')
    : {
        code,
        state: 'ok',
        detail: `SCIM users show ${activeName === 'both' ? 'active and isActive' : activeName}; neither is ever written as false.`,
      };
}

function contacts({ contactListing, contactOwnerId, carrier }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.contacts';
  if (contactListing === null) return unsure(code, 'contactListing');
  const lacksOwner = contactOwnerId === false && carrier === null;
  const owner =
    carrier !== null
      ? `Their owner is in ${carrier.name}.`
      : contactOwnerId === null
        ? 'Whether they carry ownerId is not known.'
        : contactOwnerId
          ? 'They carry ownerId.'
          : 'None that was seen carries ownerId; name an attribute in policy ownership.contactAttribute.';
  if (contactListing === 'listed') {
    return { code, state: lacksOwner ? 'warn' : 'ok', detail: `Contacts can be listed. ${owner}` };
  }
  const why = contactListing === 'refused' ? 'cannot be listed' : 'are listed as none at all';
  return {
    code,
    state: 'warn',
    detail: `Contacts ${why}: only those that webhooks or calls named are known, and plans say so. ${owner}`,
  };
}

function accounts({ accountListing }: Capabilities, unsure: Unsure): Finding {
  const code = 'drift.accounts';
  if (accountListing === null) return unsure(code, 'accountListing');
  return accountListing === 'listed'
    ? { code, state: 'ok', detail: 'Accounts can be listed.' }
    : {
        code,
        state: 'warn',
        detail:
          'Accounts cannot be listed: the plan of the organisation has none, or the token lacks account_read. Removals say "accounts: not listable".',
      };
}

function attributes({ attributes: declared, carrier }: Capabilities, unsure: Unsure): readonly Finding[] {
  const code = 'drift.attributes';
  const list: Finding =
    declared === null
      ? unsure(code, 'attributes')
      : { code, state: 'ok', detail: `Contacts have ${String(declared.length)} declared attributes.` };
  if (carrier === null) return [list];
  const { name, declared: has } = carrier;
  if (has === null) return [list, unsure('drift.carrier', 'attributes')];
  return [
    list,
    has
      ? { code: 'drift.carrier', state: 'ok', detail: `The owner attribute ${name} is declared.` }
      : {
          code: 'drift.carrier',
          state: 'fail',
          detail: `Policy names ${name} as the attribute that carries owners, and Drift has not declared it: no contact can be handed over. Declare it in Drift, or change ownership.contactAttribute.`,
        },
  ];
}
