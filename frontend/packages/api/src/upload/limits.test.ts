import { expect, test } from 'vitest'
import { refused, usual } from './limits'

const file = (name: string, type: string, size = 10) => ({ name, type, size })

test('what cannot be taken is refused before it is sent', () => {
  expect(refused(file('a.png', 'image/png'), 'picture', usual.picture)).toBe('')
  expect(refused(file('a.pdf', 'application/pdf'), 'picture', usual.picture)).toBe('not_a_picture')
  expect(refused(file('IMG_1.HEIC', ''), 'picture', usual.picture)).toBe('heic')
  expect(refused(file('a.png', 'image/png', 21 << 20), 'picture', usual.picture)).toBe('too_large')
  expect(refused(file('a.png', 'image/png', 0), 'picture', usual.picture)).toBe('empty_file')
})

test('a video is known by its name where the system knows no type', () => {
  const able = { ...usual.video, able: true }
  expect(refused(file('a.mkv', ''), 'video', able)).toBe('')
  expect(refused(file('a.avi', ''), 'video', able)).toBe('not_a_video')
  expect(refused(file('a.mp4', 'video/mp4'), 'video', usual.video)).toBe('video_unavailable')
})
