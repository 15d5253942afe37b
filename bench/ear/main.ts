/**
 * `npm run bench -- ear`: how often a caller mistakes a digit, by an ear that shares nothing with the product's clips. The reference are
 * Asterisk's ten recorded digits over the same line; they are no candidate.
 */
import { readTools } from '../../setup/tools.mjs'
import { loadTools } from '../../src/speech/render/tools.ts'
import type { BenchReport, Figure } from '../report.ts'
import { openEar } from './ear.ts'
import { templatesOf } from './frozen.ts'
import { confusionTable, type Errors, errorsOf, meetsGoal } from './measure.ts'
import { type DigitVoice, digitsOf, fliteVoice, productVoice, recordedReference } from './voices.ts'

const goal = '≤ 1.2 × reference + 1 pp'

export async function earBench({ quick, json }: { quick: boolean; json: boolean }): Promise<BenchReport> {
  const say = (line: string) => (json ? process.stderr : process.stdout).write(`${line}\n`)
  const rounds = quick ? 10 : 30
  const tools = loadTools('.cache/tools.json')
  const ear = openEar(templatesOf('en'))
  const heard = async (voice: DigitVoice): Promise<Errors> => {
    const errors = errorsOf(ear, await digitsOf(voice, 'en', tools), rounds)
    say(`${voice.name}: ${errors.mistaken} of ${errors.told} mistaken, ${errors.percent.toFixed(1)} %`)
    say(confusionTable(errors))
    return errors
  }
  const reference = await heard(recordedReference(readTools(process.cwd()).asteriskShare))
  const figures: Figure[] = []
  const ours = await productVoice('en', tools)
  figures.push(figure(`digitErrors ${ours.name}`, await heard(ours), reference))
  for (const voice of ['rms', 'awb', 'kal16']) {
    const candidate = fliteVoice(tools.flite, voice)
    figures.push(figure(`digitErrors ${candidate.name}`, await heard(candidate), reference))
  }
  const mandarin = await productVoice('zh', tools)
  const errors = errorsOf(openEar(templatesOf('zh')), await digitsOf(mandarin, 'zh', tools), rounds)
  say(`${mandarin.name}, by templates of the same synthesiser: ${errors.percent.toFixed(1)} % mistaken`)
  say(confusionTable(errors))
  return { bench: 'ear', figures }
}

function figure(name: string, voice: Errors, reference: Errors): Figure {
  const ratio = voice.percent / reference.percent
  return { name, ours: voice.percent, reference: reference.percent, ratio, goal, met: meetsGoal(voice, reference) }
}
