import { area } from '@/router/area'

export default area('account', [
  {
    path: '/account',
    name: 'account',
    component: () => import('./Account.vue'),
    meta: { title: { zh: '我的账户', en: 'My account' }, roles: 'anybody' },
  },
])
