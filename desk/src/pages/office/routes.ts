import { Bell, Connection, DocumentChecked, MapLocation, Promotion, ScaleToOriginal, Stamp } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const also = ['tickets'] as const

export default area('office', [
  {
    path: '/office',
    name: 'office',
    component: () => import('./Office.vue'),
    meta: { title: { zh: '热线办待办', en: 'Office work' }, roles: ['office', 'supervisor'], nav: { icon: Promotion, order: 11 }, startOf: ['office'], full: true, also },
  },
  {
    path: '/board',
    name: 'board',
    component: () => import('./Board.vue'),
    meta: { title: { zh: '职责审定', en: 'Duty board' }, roles: ['office', 'supervisor', 'auditor'], nav: { icon: ScaleToOriginal, order: 30 }, also },
  },
  {
    path: '/precedents',
    name: 'precedents',
    component: () => import('./Decided.vue'),
    meta: { title: { zh: '职责先例', en: 'Precedents' }, roles: ['agent', 'admin'], nav: { icon: ScaleToOriginal, order: 31 }, also },
  },
  {
    path: '/orders',
    name: 'orders',
    component: () => import('./Orders.vue'),
    meta: { title: { zh: '督办单', en: 'Supervision orders' }, roles: ['office', 'supervisor', 'auditor', 'admin', 'unit'], nav: { icon: Stamp, order: 32 }, also },
  },
  {
    path: '/warnings',
    name: 'warnings',
    component: () => import('./Warnings.vue'),
    meta: { title: { zh: '异常预警', en: 'Warnings' }, roles: ['office', 'supervisor', 'auditor', 'admin'], nav: { icon: Bell, order: 33 }, also: [...also, 'unit'] },
  },
  {
    path: '/hot',
    name: 'hot',
    component: () => import('./Hot.vue'),
    meta: { title: { zh: '热点分布', en: 'Hot issues' }, roles: ['office', 'supervisor', 'auditor', 'admin'], nav: { icon: MapLocation, order: 34 }, also: [...also, 'unit'] },
  },
  {
    path: '/accountability',
    name: 'accountability',
    component: () => import('./Accountability.vue'),
    meta: { title: { zh: '责任追究', en: 'Accountability' }, roles: ['office', 'auditor'], nav: { icon: DocumentChecked, order: 71 }, also },
  },
  {
    path: '/releases',
    name: 'releases',
    component: () => import('./Releases.vue'),
    meta: { title: { zh: '放行审批', en: 'Releases' }, roles: ['office', 'auditor', 'supervisor', 'agent', 'unit'], nav: { icon: Connection, order: 72 }, also },
  },
])
