import { area } from '@/router/area'

export default area('login', [
  {
    path: '/login',
    name: 'login',
    component: () => import('./LogIn.vue'),
    meta: { title: { zh: '登录', en: 'Log in' }, roles: 'public', bare: true },
  },
])
