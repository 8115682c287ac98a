import { beforeEach, expect, test, vi } from 'vitest'

const forYou = vi.fn<(asked: unknown) => Promise<unknown>>()
const newest = vi.fn<(asked: { after: string }) => Promise<unknown>>()
class ApiError extends Error {
  constructor(readonly status: number) {
    super()
  }
}
vi.doMock('@meadow/api', () => ({ api: { forYou, newest }, ApiError }))
const { loadForYou } = await import('./feed')

const page = (id: string, next = '') => ({ items: [{ id }], next })
beforeEach(() => {
  forYou.mockReset()
  newest.mockReset().mockImplementation(async ({ after }) => page(`new-${after}`, 'n2'))
})
const down = new ApiError(500)

test('what suits somebody is asked for in their words, twenty at a time', async () => {
  forYou.mockResolvedValue(page('a', 'x'))
  expect((await loadForYou({ topic: 'tea', lang: 'en' }, 'c')).items[0]!.id).toBe('a')
  expect(forYou).toHaveBeenCalledWith({ topic: 'tea', lang: 'en', after: 'c', limit: 20 })
})

test('while that cannot be worked out the newest posts are shown, and go on being shown', async () => {
  forYou.mockRejectedValue(down)
  const first = await loadForYou({ lang: 'en' }, '')
  expect(first.items[0]!.id).toBe('new-')
  forYou.mockResolvedValue(page('a'))
  const second = await loadForYou({ lang: 'en' }, first.next!)
  expect(second.items[0]!.id).toBe('new-n2')
  expect(forYou).toHaveBeenCalledTimes(1)
})

test.each([
  ['a later page', {}, 'c', down],
  ['a topic', { topic: 'tea' }, '', down],
  ['a place', { place: 'Hangzhou' }, '', down],
  ['what the server refuses', {}, '', new ApiError(400)],
])('the newest posts stand in for no part of another list: %s', async (_, asked, after, err) => {
  forYou.mockRejectedValue(err)
  await expect(loadForYou(asked, after)).rejects.toBe(err)
  expect(newest).not.toHaveBeenCalled()
})
