import { Histogram } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const READERS = ['office', 'supervisor', 'auditor', 'admin', 'unit'] as const
const WATCHERS = ['office', 'supervisor', 'auditor', 'admin'] as const
const also = ['tickets'] as const

export default area('assessment', [
  {
    path: '/assessment',
    name: 'assessment',
    component: () => import('./Units.vue'),
    meta: { title: { zh: '考核', en: 'Assessment' }, roles: READERS, nav: { icon: Histogram, order: 60 }, also },
  },
  { path: '/assessment/unit', name: 'assessment-unit', component: () => import('./UnitSheet.vue'), meta: { title: { zh: '考核表', en: 'Sheet' }, roles: READERS, also } },
  { path: '/assessment/seats', name: 'assessment-seats', component: () => import('./Seats.vue'), meta: { title: { zh: '座席考核', en: 'Seats' }, roles: WATCHERS, also } },
  { path: '/assessment/frozen', name: 'assessment-frozen', component: () => import('./Frozen.vue'), meta: { title: { zh: '定稿', en: 'Frozen sheets' }, roles: READERS, also } },
  { path: '/assessment/frozen/:id', name: 'assessment-sheet', component: () => import('./FrozenSheet.vue'), meta: { title: { zh: '定稿的考核表', en: 'Frozen sheet' }, roles: READERS, also } },
  { path: '/assessment/findings', name: 'assessment-findings', component: () => import('./Findings.vue'), meta: { title: { zh: '考核认定', en: 'Findings' }, roles: READERS, also } },
  { path: '/assessment/rulings', name: 'assessment-rulings', component: () => import('./Rulings.vue'), meta: { title: { zh: '免责认定', en: 'Rulings' }, roles: READERS, also } },
  { path: '/assessment/appeals', name: 'assessment-appeals', component: () => import('./Appeals.vue'), meta: { title: { zh: '申诉', en: 'Appeals' }, roles: READERS, also } },
])
