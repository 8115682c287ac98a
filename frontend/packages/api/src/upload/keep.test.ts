import { beforeEach, expect, test, vi } from 'vitest'
import { firstOf, forget, keep, same, unfinished, type Kept } from './keep'

const store = new Map<string, string>()
vi.stubGlobal('localStorage', { getItem: (k: string) => store.get(k) ?? null, setItem: (k: string, v: string) => void store.set(k, v) })
beforeEach(() => store.clear())

const file = (text: string, name = 'a.mp4', lastModified = 7) => new File([text], name, { lastModified })
const kept = async (f: File, change: Partial<Kept> = {}): Promise<Kept> => ({
  upload: 'upl_1', media: 'med_1', endpoint: '/media/upload', token: 't', until: '2999-01-01T00:00:00Z', purpose: 'post', kind: 'video', where: 'drf_1',
  name: f.name, size: f.size, mtime: f.lastModified, first: await firstOf(f), ...change,
})

test('an upload is found again by its draft until it is over', async () => {
  keep(await kept(file('x')))
  keep(await kept(file('x'), { upload: 'upl_2', where: 'drf_2' }))
  expect(unfinished('drf_1').map((k) => k.upload)).toEqual(['upl_1'])
  forget('upl_1')
  expect(unfinished('drf_1')).toEqual([])
})

test('what ran out is not offered', async () => {
  keep(await kept(file('x'), { until: '2001-01-01T00:00:00Z' }))
  expect(unfinished('drf_1')).toEqual([])
})

test('only the same file continues an upload', async () => {
  const k = await kept(file('hello'))
  expect(await same(file('hello'), k)).toBe(true)
  expect(await same(file('hellO'), k)).toBe(false)
  expect(await same(file('hello!'), k)).toBe(false)
  expect(await same(file('hello', 'b.mp4'), k)).toBe(false)
  expect(await same(file('hello', 'a.mp4', 8), k)).toBe(false)
})
