import { Reading } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('policy', [
  {
    path: '/policy',
    name: 'policy',
    component: () => import('./Explain.vue'),
    meta: { title: { zh: '规则与期限', en: 'Rules and terms' }, roles: 'anybody', nav: { icon: Reading, order: 65 }, also: ['tickets'] },
  },
  {
    path: '/policy/values',
    name: 'policy-values',
    component: () => import('./Values.vue'),
    meta: { title: { zh: '各地规则', en: 'Rules by city' }, roles: 'anybody', also: ['tickets'] },
  },
  {
    path: '/policy/calendar',
    name: 'policy-calendar',
    component: () => import('./Year.vue'),
    meta: { title: { zh: '工作日日历', en: 'Working days' }, roles: 'anybody', also: ['tickets'] },
  },
])
