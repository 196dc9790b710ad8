import { Files, OfficeBuilding } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('unit', [
  {
    path: '/unit',
    name: 'unit',
    component: () => import('./Unit.vue'),
    meta: { title: { zh: '单位待办', en: 'My unit’s work' }, roles: ['unit'], nav: { icon: Files, order: 10 }, startOf: ['unit', 'leader'], full: true, also: ['tickets'] },
  },
  {
    path: '/unit/overview',
    name: 'unit-overview',
    component: () => import('./Overview.vue'),
    meta: { title: { zh: '单位情况', en: 'My unit' }, roles: ['unit'], nav: { icon: OfficeBuilding, order: 31 }, also: ['tickets'] },
  },
])
