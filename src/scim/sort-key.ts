import { fold } from '../core/fold.ts';
import type { Sort } from '../core/query.ts';
import { instant } from './instant.ts';
import { valuesAt } from './match.ts';
import { type ResourceDefinition, pathText, resolvePlace } from './schema.ts';
import { type JsonObject, isPrimary } from './value.ts';

/** What a document is sorted by (RFC 7644 3.4.2.3); undefined when it has no value there. */
export function sortKey(definition: ResourceDefinition, sort: Sort, document: JsonObject): string | number | undefined {
  const { sub, ...whole } = sort.path;
  const elements = valuesAt(document, whole);
  const element = elements.find(isPrimary) ?? elements[0];
  const value = sub === undefined ? element : valuesAt({ element }, { attribute: 'element', sub })[0];
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return undefined;
  const attribute = resolvePlace(definition, pathText(sort.path))?.attribute;
  if (attribute?.type === 'dateTime') return instant(value) ?? value;
  return attribute?.caseExact === true ? value : fold(value);
}
