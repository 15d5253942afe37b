/**
 * From whatever a synthesiser or a studio delivers to the samples of a telephone line: 8 kHz, mono, without rumble. The
 * only file that knows ffmpeg. One process takes many clips, because starting one costs 0.2–1.7 s.
 */
import { readFile } from 'node:fs/promises'
import ffmpeg from 'fluent-ffmpeg'
import type { Tool } from './tools.ts'

/** Part of each clip's name: change it, and every clip is rendered anew. */
export const bandFilter = 'highpass=f=150,aresample=8000:filter_size=64:cutoff=0.96'

/** For the whole batch, in seconds; a batch takes well under one. */
const batchTimeoutS = 120

export interface BandJob {
  readonly wavPath: string
  /** A scratch file for the raw samples. */
  readonly rawPath: string
}

/** The samples of each job, in -1 … 1, in the jobs' order. */
export async function toTelephoneBand(tool: Tool, jobs: readonly BandJob[]): Promise<Float32Array[]> {
  if (jobs.length === 0) return []
  await convert(tool, jobs)
  return Promise.all(jobs.map(async ({ rawPath }) => samplesOf(await readFile(rawPath))))
}

function convert(tool: Tool, jobs: readonly BandJob[]): Promise<void> {
  const command = ffmpeg({ timeout: batchTimeoutS })
  command.setFfmpegPath(tool.path ?? tool.command)
  for (const { wavPath } of jobs) command.input(wavPath)
  jobs.forEach(({ rawPath }, index) => {
    command
      .output(rawPath)
      .audioFilters(bandFilter)
      .outputOptions(['-map', `${index}:a:0`, '-ac', '1', '-ar', '8000', '-c:a', 'pcm_s16le', '-f', 's16le'])
  })
  return new Promise((resolve, reject) => {
    command.once('end', () => resolve())
    command.once('error', cause => reject(new Error(`ffmpeg could not convert ${jobs.length} clips: ${cause.message}`)))
    command.run()
  })
}

function samplesOf(raw: Buffer): Float32Array {
  const samples = new Float32Array(raw.length >> 1)
  for (let index = 0; index < samples.length; index++) samples[index] = raw.readInt16LE(index * 2) / 32768
  return samples
}
