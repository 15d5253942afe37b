/** A shop's program: asks the API with its key, as `curl` would. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { drawApiKey, signNewKey } from '../../src/merchant/till/api-keys.ts'
import type { ApiKey } from '../../src/merchant/till/till.ts'
import { now } from '../../src/runtime.ts'
import type { Secret } from '../../src/secret.ts'
import type { World } from './world.ts'

export interface ShopProgram {
  readonly key: ApiKey
  readonly signing: Secret
  post(path: string, idempotencyKey: string, body?: object): Promise<LightMyRequestResponse>
  get(path: string): Promise<LightMyRequestResponse>
}

/** A key for a program, signed for by somebody of the payee. */
export async function addKey(
  { lantern, shopStaff, runtime }: World,
  { name = 'Sample shop', webhook }: { readonly name?: string; readonly webhook?: string } = {},
): Promise<{ readonly presented: Secret; readonly key: ApiKey; readonly signing: Secret }> {
  const { presented, key } = drawApiKey(runtime, { name, webhook })
  const by = signNewKey(shopStaff.maker, lantern.card.institution, key, now({ runtime }))
  const added = await lantern.apiKeys.add(key, by)
  if (added.signingSecret === undefined) throw new Error(added.outcome)
  return { presented, key: { id: key.id, name, webhook }, signing: added.signingSecret }
}

export async function shopProgram(
  world: World,
  app: FastifyInstance,
  named: { readonly name?: string; readonly webhook?: string } = {},
): Promise<ShopProgram> {
  const { presented, key, signing } = await addKey(world, named)
  const headers = { host: 'lantern.localhost', authorization: `Bearer ${presented.reveal()}` }
  return {
    key,
    signing,
    post: (path, idempotencyKey, body) =>
      app.inject({
        method: 'POST',
        url: `/api/v1${path}`,
        headers: { ...headers, 'idempotency-key': idempotencyKey },
        ...(body && { payload: body }),
      }),
    get: path => app.inject({ method: 'GET', url: `/api/v1${path}`, headers }),
  }
}
