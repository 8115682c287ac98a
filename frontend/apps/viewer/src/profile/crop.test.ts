import { expect, test } from 'vitest'
import { squareOf, within } from './crop'

test('the middle of a picture is cut first, as large as it goes', () => {
  expect(squareOf({ zoom: 1, x: 0, y: 0 }, 400, 300)).toEqual({ x: 50, y: 0, side: 300 })
})

test('the frame never leaves the picture', () => {
  for (const c of [{ zoom: 1, x: 9, y: 9 }, { zoom: 3, x: -9, y: 9 }, { zoom: 0.1, x: 0, y: -9 }, { zoom: 99, x: 1, y: 1 }]) {
    const { x, y, side } = squareOf(c, 400, 300)
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(-1e-9)
    expect(x + side).toBeLessThanOrEqual(400 + 1e-9)
    expect(y + side).toBeLessThanOrEqual(300 + 1e-9)
  }
})

test('closer means a smaller square, and moving right shows what lies left', () => {
  expect(squareOf({ zoom: 2, x: 0, y: 0 }, 300, 300).side).toBe(150)
  expect(squareOf({ zoom: 2, x: 0.5, y: 0 }, 300, 300).x).toBeLessThan(75)
  expect(within({ zoom: 1, x: 5, y: 0 }, 300, 300).x).toBe(0)
})
