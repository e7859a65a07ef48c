import { SCIMMY } from 'scimmy-routers';
import type { Attribute, SchemaDefinition } from '../attribute.ts';
import { GROUP, type ResourceDefinition, USER } from '../schema.ts';
import type { Reply } from './reply.ts';
import type { Exchange, ResourceService } from './service.ts';

/**
 * What scimmy-routers hands to a resource: everything of the request that matters. scimmy's own parsers see none of it
 * (docs/decisions/0006 list what they do to filters, PATCH and paging).
 */
export interface ResourceContext {
  readonly exchange: Exchange;
  readonly services: Readonly<Record<ResourceDefinition['type'], ResourceService>>;
  /** Runs the work and turns what it throws into an answer, so that scimmy never renders an error of ours. */
  readonly answer: (work: () => Promise<Reply>) => Promise<Reply>;
}

type Config = Readonly<Record<string, unknown>>;

/** Writes of one resource; reads are answered before the routers (docs/decisions/0014). */
abstract class BridgeResource extends SCIMMY.Types.Resource {
  /** Addresses come from the public URL in the request's context: scimmy's static one would be shared by all requests. */
  static override basepath = (): string => '';

  protected abstract readonly type: ResourceDefinition['type'];

  /** `super()` gets nothing: it would parse the filter, the attributes, and even the id as a filter. */
  constructor(id?: string | Config) {
    super();
    if (typeof id === 'string') this.id = id;
  }

  override async write(body: unknown, context?: unknown) {
    return this.#with(context, (service, exchange) =>
      this.id === undefined ? service.create(exchange, body) : service.replace(exchange, this.id, body),
    );
  }

  override async patch(body: unknown, context?: unknown) {
    return this.#with(context, (service, exchange) => service.patch(exchange, this.id ?? '', body));
  }

  /** The router sends what comes back, whatever the declared type says. */
  override async dispose(context?: unknown): Promise<void> {
    const reply: Promise<unknown> = this.#with(context, (service, exchange) => service.remove(exchange, this.id ?? ''));
    return reply as Promise<void>;
  }

  #with(context: unknown, work: (service: ResourceService, exchange: Exchange) => Promise<Reply>): Promise<Reply> {
    const { services, exchange, answer } = context as ResourceContext;
    return answer(() => work(services[this.type], exchange));
  }
}

/** Our declaration of an attribute in scimmy's words, for `/Schemas`; its values are never checked by scimmy. */
function scimmyAttribute(attribute: Attribute): SCIMMY.Types.Attribute {
  const { name, type, subAttributes, canonicalValues, referenceTypes, mutability, ...rest } = attribute;
  return new SCIMMY.Types.Attribute(
    type,
    name,
    {
      ...rest,
      mutable: mutability,
      ...(canonicalValues.length === 0 ? {} : { canonicalValues: [...canonicalValues] }),
      ...(referenceTypes.length === 0 ? {} : { referenceTypes: [...referenceTypes] }),
    },
    subAttributes.map(scimmyAttribute),
  );
}

function scimmySchema({ id, name, description, attributes }: SchemaDefinition): SCIMMY.Types.SchemaDefinition {
  return new SCIMMY.Types.SchemaDefinition(name, id, description, attributes.map(scimmyAttribute));
}

function scimmyDefinition({ core, extensions }: ResourceDefinition): SCIMMY.Types.SchemaDefinition {
  const definition = scimmySchema(core);
  for (const extension of extensions) definition.extend(scimmySchema(extension), false);
  return definition;
}

class UserSchema extends SCIMMY.Types.Schema {
  static override readonly definition = scimmyDefinition(USER);
}

class GroupSchema extends SCIMMY.Types.Schema {
  static override readonly definition = scimmyDefinition(GROUP);
}

class UserResource extends BridgeResource {
  static override readonly endpoint = USER.endpoint;
  static override readonly schema = UserSchema;
  protected readonly type = USER.type;
}

class GroupResource extends BridgeResource {
  static override readonly endpoint = GROUP.endpoint;
  static override readonly schema = GroupSchema;
  protected readonly type = GROUP.type;
}

// scimmy keeps resource types in the process: once, before any router is built.
SCIMMY.Resources.declare(UserResource, USER.type);
SCIMMY.Resources.declare(GroupResource, GROUP.type);

export { SCIMMYRouters } from 'scimmy-routers';
