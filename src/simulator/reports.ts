import { type Call, objectBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isObject } from './json.ts';
import type { Conversation, Message } from './model.ts';
import type { Org } from './org.ts';

type Properties = Readonly<Record<string, number | string | undefined>>;

const invalid = (message: string): Refusal => restError('validation_error', message);

/** The report on conversations, under both of its names and with a rate limit of its own (Drift API notes 2.6). */
export function reportRoutes(org: Org): readonly Route[] {
  return ['/reports/conversations', '/reports/conversation-summary'].map((path) => ({
    method: 'POST',
    path,
    scope: 'conversation_read',
    report: true,
    handle: (call) => report(org, call),
  }));
}

function report(org: Org, call: Call): Reply {
  const { filters = [], metrics } = objectBody(call, invalid);
  if (!Array.isArray(filters)) throw invalid('filters must be a list');
  if (!Array.isArray(metrics) || !metrics.every((name): name is string => typeof name === 'string')) {
    throw invalid('metrics must be a list of property names');
  }
  const tests = filters.map(filter);
  const { applyDelayMs, listLagMs } = org.settings();
  const lagMs = applyDelayMs + listLagMs;
  const messages = Map.groupBy(org.store.messages.list(lagMs), (message) => message.conversationId);
  const rows = org.store.conversations
    .list(lagMs)
    .filter((one) => one.erased !== true)
    .map((one) => ({ one, properties: propertiesOf(one, messages.get(one.id) ?? []) }))
    .filter(({ properties }) => tests.every((test) => test(properties)));
  const data = rows.map(({ one, properties }) => ({
    conversationId: BigInt(one.id),
    metrics: metrics.map((name) => metric(properties, name)),
  }));
  return { status: 200, body: { count: data.length, data } };
}

/** Numbers in the order of the request; what is missing, or is no number, is the text `NaN`. */
function metric(properties: Properties, name: string): number | 'NaN' {
  const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof value === 'number' ? value : 'NaN';
}

function propertiesOf(conversation: Conversation, messages: readonly Message[]): Properties {
  const { status, inboxId, createdAt, updatedAt, participants } = conversation;
  return {
    status,
    inboxId,
    createdAt,
    updatedAt,
    lastAgentId: participants.at(-1),
    numMessages: messages.length,
    numEndUserMessages: messages.filter(({ author }) => author.type === 'contact').length,
    numAgentMessages: messages.filter(({ author }) => author.type === 'user' && !author.bot).length,
    numBotMessages: messages.filter(({ author }) => author.type === 'user' && author.bot).length,
  };
}

function filter(sent: unknown): (properties: Properties) => boolean {
  const { property, operation, values = [] } = isObject(sent) ? sent : {};
  if (typeof property !== 'string') throw invalid('a filter needs a property');
  if (!Array.isArray(values)) throw invalid('the values of a filter must be a list');
  const given: readonly unknown[] = values;
  const valueOf = (properties: Properties) => (Object.hasOwn(properties, property) ? properties[property] : undefined);
  switch (operation) {
    case 'HAS_PROPERTY':
      return (properties) => valueOf(properties) !== undefined;
    case 'IN':
      return (properties) => given.includes(valueOf(properties));
    case 'BETWEEN': {
      const [low, high] = given;
      if (given.length !== 2 || typeof low !== 'number' || typeof high !== 'number') {
        throw invalid('BETWEEN needs two numbers');
      }
      return (properties) => {
        const value = valueOf(properties);
        return typeof value === 'number' && value >= low && value <= high;
      };
    }
    default:
      throw invalid('operation must be HAS_PROPERTY, BETWEEN or IN');
  }
}
