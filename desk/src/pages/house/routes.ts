import { ChatLineSquare, Cpu, Grid, School, User } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const also = ['tickets'] as const

export default area('house', [
  {
    path: '/register',
    name: 'register',
    component: () => import('./Register.vue'),
    meta: { title: { zh: '单位登记', en: 'Units' }, roles: ['office', 'supervisor', 'auditor', 'admin'], nav: { icon: School, order: 34 }, also },
  },
  {
    path: '/notices',
    name: 'notices',
    component: () => import('./Notices.vue'),
    meta: { title: { zh: '通知', en: 'Notices' }, roles: ['office', 'supervisor'], nav: { icon: ChatLineSquare, order: 48 }, also },
  },
  {
    path: '/people',
    name: 'people',
    component: () => import('./People.vue'),
    meta: { title: { zh: '人员账户', en: 'Accounts' }, roles: ['admin', 'office', 'auditor'], nav: { icon: User, order: 80 }, also },
  },
  {
    path: '/seats',
    name: 'seats',
    component: () => import('./Seats.vue'),
    meta: { title: { zh: '座席', en: 'Seats' }, roles: ['admin', 'supervisor'], nav: { icon: Grid, order: 81 }, also },
  },
  {
    path: '/system',
    name: 'system',
    component: () => import('./System.vue'),
    meta: { title: { zh: '运行情况', en: 'System' }, roles: ['admin', 'supervisor', 'office', 'auditor'], nav: { icon: Cpu, order: 89 }, startOf: ['admin'] },
  },
])
