/** Regions as typed: separated by commas, spaces or lines; each once. */
export const regionsOf = (typed: string): string[] => [...new Set(typed.split(/[\s,，、;；]+/u).map((v) => v.trim()).filter(Boolean))]
