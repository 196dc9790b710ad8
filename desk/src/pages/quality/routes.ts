import { Checked, SetUp } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const also = ['floor', 'tickets'] as const
const WATCHING = ['supervisor', 'office', 'auditor', 'admin'] as const

export default area('quality', [
  {
    path: '/quality',
    name: 'quality',
    component: () => import('./Checks.vue'),
    meta: { title: { zh: '智能质检', en: 'Quality' }, roles: ['agent', ...WATCHING], nav: { icon: Checked, order: 47 }, also },
  },
  {
    path: '/quality/rules',
    name: 'quality-rules',
    component: () => import('./Rules.vue'),
    meta: { title: { zh: '质检规则', en: 'Quality rules' }, roles: WATCHING, nav: { icon: SetUp, order: 47.5 }, also },
  },
  {
    path: '/quality/calls/:id',
    name: 'quality-call',
    component: () => import('./CallCheck.vue'),
    meta: { title: { zh: '一次通话的质检', en: 'Quality of a call' }, roles: ['agent', ...WATCHING], also },
  },
])
