import { View } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('audit', [
  {
    path: '/audit',
    name: 'audit',
    component: () => import('./Audit.vue'),
    meta: { title: { zh: '审计', en: 'Audit' }, roles: ['auditor', 'office'], nav: { icon: View, order: 70 }, startOf: ['auditor'], also: ['tickets'] },
  },
])
