import { tellSeeds } from './seeds.ts'

tellSeeds(51, 100)
