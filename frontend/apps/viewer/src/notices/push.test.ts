import { expect, test } from 'vitest'
import { bytesOf, deviceOf } from './push'

test('a key in base64url becomes its bytes', () => {
  expect([...bytesOf('_-8A')]).toEqual([255, 239, 0])
  expect([...bytesOf('AQ')]).toEqual([1])
})

test('a device has a name that its owner knows', () => {
  expect(deviceOf('Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36')).toBe('Chrome · Android')
  expect(deviceOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15')).toBe('Safari · macOS')
  expect(deviceOf('?')).toBe('Browser')
})
