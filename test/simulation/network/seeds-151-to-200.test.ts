import { tellSeeds } from './seeds.ts'

tellSeeds(151, 200)
