/** One step in the membership of a group, applied in order: never the whole list where one member changes. */
export type MemberChange =
  { readonly kind: 'add' | 'remove' | 'set'; readonly users: readonly string[] } | { readonly kind: 'clear' };
