import { expect, test } from 'vitest'
import { mediaOf } from './media'

test('a picture has the id that the media role gives it', async () => {
  expect(await mediaOf('upl_06h00ktgtavrhy0edcy6dd3478')).toBe('med_qe4esw6ztp243p3ferbh32exhw')
})
