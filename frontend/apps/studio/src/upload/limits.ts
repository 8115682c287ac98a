import { abilities, usual, type Abilities } from '@meadow/api/upload'
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

/** What this shop takes, known before anybody picks a file. */
export function useLimits() {
  const { data, isPending } = useQuery({ queryKey: ['abilities'], queryFn: abilities, staleTime: 300_000 })
  const limits = computed<Abilities>(() => data.value ?? usual)
  return { limits, asking: isPending }
}
