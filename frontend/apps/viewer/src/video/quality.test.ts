import { expect, test } from 'vitest'
import { nearest, variantsOf } from './quality'

const master = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=480x852,FRAME-RATE=24.000,CODECS="avc1,mp4a"
480.m3u8

#EXT-X-STREAM-INF:BANDWIDTH=2,RESOLUTION=720x1280,CODECS="avc1"
720.m3u8
`

test('the sizes of a video are read from its playlist, the largest first', () => {
  expect(variantsOf(master, 'https://shop.test/media/v/1/master.m3u8')).toEqual([
    { side: 720, hls: 'https://shop.test/media/v/1/720.m3u8', mp4: 'https://shop.test/media/v/1/720.mp4' },
    { side: 480, hls: 'https://shop.test/media/v/1/480.m3u8', mp4: 'https://shop.test/media/v/1/480.mp4' },
  ])
})

test('a wanted size is the nearest that is not larger', () => {
  const all = variantsOf(master, 'https://shop.test/v/master.m3u8')
  expect([1080, 720, 500, 240].map((n) => nearest(all, n)?.side)).toEqual([720, 720, 480, 480])
  expect(nearest([], 480)).toBeUndefined()
})
