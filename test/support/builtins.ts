/** What a program can reach without importing it: nothing that a client sends may leave a mark there. */
const BUILTINS: readonly (readonly [string, object])[] = [
  ['Object.prototype', Object.prototype],
  ['Array.prototype', Array.prototype],
  ['Function.prototype', Function.prototype],
  ['String.prototype', String.prototype],
  ['Number.prototype', Number.prototype],
  ['Boolean.prototype', Boolean.prototype],
  ['RegExp.prototype', RegExp.prototype],
  ['Date.prototype', Date.prototype],
  ['Map.prototype', Map.prototype],
  ['Set.prototype', Set.prototype],
  ['Promise.prototype', Promise.prototype],
  ['Error.prototype', Error.prototype],
  ['Symbol.prototype', Symbol.prototype],
  ['Object', Object],
  ['Array', Array],
  ['Function', Function],
  ['String', String],
  ['Map', Map],
  ['Promise', Promise],
  ['JSON', JSON],
  ['globalThis', globalThis],
];

type Snapshot = ReadonlyMap<string, ReadonlyMap<PropertyKey, PropertyDescriptor>>;

export interface BuiltinWatch {
  /** Own properties compared so far, in all looks together. */
  readonly compared: number;
  /** Only how many there are: cheap enough for every input. */
  hasGrown(): boolean;
  /** What was added, taken away or changed since the last look, by names and symbols, values and accessors. */
  changes(): readonly string[];
}

export function watchBuiltins(): BuiltinWatch {
  let before = snapshot();
  let count = sizes();
  let compared = 0;
  return {
    get compared() {
      return compared;
    },
    hasGrown: () => sizes() !== count,
    changes() {
      const after = snapshot();
      const found: string[] = [];
      for (const [name, properties] of after) {
        const known = before.get(name) ?? new Map<PropertyKey, PropertyDescriptor>();
        compared += properties.size;
        for (const [key, descriptor] of properties) {
          const old = known.get(key);
          if (old === undefined) found.push(`${name} has a new property ${String(key)}`);
          else if (!isSame(old, descriptor) && !isLoaded(name, old, descriptor))
            found.push(`${name}.${String(key)} is another`);
        }
        for (const key of known.keys()) if (!properties.has(key)) found.push(`${name}.${String(key)} is gone`);
      }
      before = after;
      count = sizes();
      return found;
    },
  };
}

function snapshot(): Snapshot {
  return new Map(
    BUILTINS.map(([name, builtin]) => [
      name,
      new Map(Reflect.ownKeys(builtin).map((key) => [key, Reflect.getOwnPropertyDescriptor(builtin, key) ?? {}])),
    ]),
  );
}

function sizes(): number {
  let sum = 0;
  for (const [, builtin] of BUILTINS) sum += Reflect.ownKeys(builtin).length;
  return sum;
}

/** A global that the runtime, or jest, loads when it is first asked for. */
function isLoaded(name: string, old: PropertyDescriptor, now: PropertyDescriptor): boolean {
  return name === 'globalThis' && old.get !== undefined && 'value' in now;
}

/** Accessors by identity: what the runtime computes lazily behind one is its own affair. */
function isSame(left: PropertyDescriptor, right: PropertyDescriptor): boolean {
  return (
    Object.is(left.value, right.value) &&
    left.get === right.get &&
    left.set === right.set &&
    left.writable === right.writable &&
    left.enumerable === right.enumerable &&
    left.configurable === right.configurable
  );
}
