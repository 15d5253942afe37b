import { tellSeeds } from './seeds.ts'

tellSeeds(101, 150)
